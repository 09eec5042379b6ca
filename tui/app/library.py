"""What the app reads from a store. Everything here blocks: it is called in worker threads only.

Nothing is read while nothing has changed: :func:`signature` looks at file times alone. It must
not open the database file (see :mod:`store.database`), and ``os.stat`` does not.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import duckdb

from store.curves import curves
from store.database import Store
from store.leases import LeaseObserver, shown_state
from tui.app.memory import return_memory
from tui.plots.chart import Array

Rows = tuple[list[str], list[tuple[Any, ...]]]
Changes = tuple[Any, ...]
NewRows = Mapping[str, Any]  # columns of metric_log, arrays of equal length, nulls masked
Curves = Mapping[int, Mapping[str, tuple[Array, Array]]]

READ_WAIT = 1.0  # seconds: a view says who holds the database rather than wait for long
MOST_NEWS = 20_000  # rows: with more, reading the curves in sight again is cheaper
FETCHED_AT_ONCE = 1000
LONG_READ = 0.1  # seconds: such a read has used some memory


@cache
def query(name: str) -> str:
    """The text of ``queries/<name>.sql``."""
    return (resources.files("tui.app") / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def signature(store: Store) -> tuple[int, ...]:
    """Numbers that change whenever the database does; a few microseconds."""
    numbers: list[int] = []
    database = store.layout.database
    for path in (database, database.with_name(database.name + ".wal")):
        try:
            status = os.stat(path)  # noqa: PTH116 — the cheapest call there is, twice a second
            numbers += (status.st_mtime_ns, status.st_size)
        except OSError:
            numbers += (0, 0)
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class CurveRequest:
    """Curves to read. ``points`` bounds what is kept of each curve: least and greatest a bucket."""

    run_ids: tuple[int, ...]
    metrics: tuple[str, ...]
    points: int
    x: str = "step"
    log_x: bool = True


@dataclass(frozen=True, slots=True)
class News:
    """What a look at the store found. ``rows`` is None where all curves have to be read again."""

    changes: Changes
    overview: Rows | None  # None: nothing in it has changed
    rows: NewRows | None
    mark: int | None
    values: Rows | None


class Library:
    """Reads a store for the app. :meth:`interrupt` ends what is being read: quitting is quick."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.observer = LeaseObserver(store.layout)
        self._active: set[duckdb.DuckDBPyConnection] = set()
        self._lock = threading.Lock()

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        began = time.monotonic()
        with self.store.read(READ_WAIT) as connection:
            with self._lock:
                self._active.add(connection)
            try:
                yield connection
            finally:
                with self._lock:
                    self._active.discard(connection)
        if time.monotonic() - began > LONG_READ:
            return_memory()

    def interrupt(self) -> None:
        """Cancel every query that runs; the threads that wait for them get an error."""
        with self._lock:
            for connection in self._active:
                connection.interrupt()

    def news(self, before: Changes, mark: int | None, due: Sequence[int]) -> News:
        """What has changed since a look that saw ``before`` and all rows up to ``mark``.

        One transaction, so that states, rows and the values of the runs in ``due`` agree. Runs
        whose worker is gone are dead, whatever the database says.
        """
        alive = self.observer.alive()
        with self._reading() as connection:
            connection.begin()
            numbers = connection.execute(query("changes")).fetchall()[0]
            alive |= self.observer.alive()
            changes = (*numbers, frozenset(alive))
            overview = None
            if changes != before:
                overview = _with_dead(_fetch(connection.execute(query("overview"))), alive)
            rows = None
            # rows of runs that were removed leave gaps, and what moves into them has new numbers
            if mark is not None and before and changes[0] >= before[0]:
                wanted = {"mark": mark, "most": MOST_NEWS}
                rows = connection.execute(query("news"), wanted).fetchnumpy()
                if len(rows["mark"]) == MOST_NEWS:
                    rows = None
                elif len(rows["mark"]):
                    mark = int(rows["mark"].max())
            if rows is None:
                mark = connection.execute(query("mark")).fetchall()[0][0]
            values = None
            if due:
                values = _fetch(connection.execute(query("values"), [list(due)]))
            return News(changes, overview, rows, mark, values)

    def values(self, run_ids: Sequence[int]) -> Rows:
        """Last values, milestones and zone of some runs."""
        return self._rows(query("values"), [list(run_ids)])

    def rows(self, name: str, *parameters: Any) -> list[dict[str, Any]]:
        """The rows of a query of this folder as dictionaries."""
        names, rows = self._rows(query(name), list(parameters))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def curves(self, wanted: CurveRequest) -> Curves:
        """Reduced curves: run → metric → (x, y)."""
        return curves(
            self.store,
            wanted.run_ids,
            wanted.metrics,
            wanted.points,
            x=wanted.x,
            log_x=wanted.log_x,
        )

    def _rows(self, text: str, parameters: list[Any] | None = None) -> Rows:
        with self._reading() as connection:
            return _fetch(connection.execute(text, parameters or []))


def _with_dead(overview: Rows, alive: Collection[str]) -> Rows:
    """The rows, with the states of runs as their workers' leases have them."""
    names, rows = overview
    state, worker = names.index("state"), names.index("worker_id")
    shown = [
        (*row[:state], shown_state(row[state], row[worker], alive), *row[state + 1 :])
        if row[state] == "running"
        else row
        for row in rows
    ]
    return names, shown


def _fetch(result: duckdb.DuckDBPyConnection) -> Rows:
    """All rows. Equal values are one object: that halves what ten thousand runs take."""
    names = [column[0] for column in result.description or ()]
    rows: list[tuple[Any, ...]] = []
    # by type: an int or bool that equals a float is another value
    same: dict[type, dict[Any, Any]] = {str: {}, float: {}, int: {}}
    while some := result.fetchmany(FETCHED_AT_ONCE):
        rows += [tuple([_one(value, same) for value in row]) for row in some]
    return names, rows


def _one(value: Any, same: Mapping[type, dict[Any, Any]]) -> Any:
    known = same.get(type(value))
    return value if known is None else known.setdefault(value, value)
