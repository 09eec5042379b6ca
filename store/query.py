"""Questions that people ask in SQL: read-only, fenced to the store, and to be cancelled."""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from store.errors import StoreError, from_os_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from store.database import Store

Format = Literal["csv", "json", "parquet"]

_OPTIONS = {
    "csv": "FORMAT csv, HEADER true",
    "json": "FORMAT json, ARRAY true",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}


@dataclass(frozen=True, slots=True)
class Result:
    """The rows of a query, all in memory: the database is free again."""

    columns: list[str]
    """Distinct: what occurs again is numbered, a and a_1, as the engine does in files."""
    types: list[str]
    """The columns' SQL types."""
    rows: list[tuple[Any, ...]]
    truncated: bool
    """Whether there were more rows than the limit."""


class Cancel:
    """Stops a query from another thread. Calling it before the query began works as well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._wanted = False

    def __call__(self) -> None:
        """Ask for the end of the query; it then raises StoreError."""
        with self._lock:
            self._wanted = True
            if self._connection is not None:
                self._connection.interrupt()

    @property
    def wanted(self) -> bool:
        """Return whether this was called."""
        return self._wanted

    @contextmanager
    def watching(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Let this cancel what runs on the connection, for the block."""
        with self._lock:
            if self._wanted:
                raise StoreError("The query was cancelled.")
            self._connection = connection
        try:
            yield
        finally:
            with self._lock:
                self._connection = None


def run(
    store: Store,
    query: str,
    limit: int | None = None,
    *,
    cancel: Cancel | None = None,
    wait: float = 5.0,
) -> Result:
    """Run SQL and return what its last statement gives, at most ``limit`` rows.

    The database is open while the query computes, and closed when this returns.

    Raises:
        StoreError: with the engine's message and position for a mistake in the SQL, for what the
            fence forbids, and when it was cancelled.
        DatabaseHeld: someone is writing until the wait is over.
    """
    with _running(store, query, cancel, wait) as (connection, statements):
        for statement in statements[:-1]:
            connection.execute(statement)
        return _result(connection.execute(statements[-1]), limit)


def run_all(
    store: Store,
    query: str,
    limit: int,
    *,
    cancel: Cancel | None = None,
    wait: float = 5.0,
) -> list[Result]:
    """:func:`run`, with what every statement gives, in their order."""
    with _running(store, query, cancel, wait) as (connection, statements):
        return [_result(connection.execute(statement), limit) for statement in statements]


def _result(result: duckdb.DuckDBPyConnection, limit: int | None) -> Result:
    description = result.description or []
    rows = result.fetchall() if limit is None else result.fetchmany(limit + 1)
    truncated = limit is not None and len(rows) > limit
    return Result(
        columns=_distinct([column[0] for column in description]),
        types=[str(column[1]) for column in description],
        rows=rows[:limit] if truncated else rows,
        truncated=truncated,
    )


def to_file(
    store: Store,
    query: str,
    path: Path,
    format: Format,
    *,
    cancel: Cancel | None = None,
    wait: float = 5.0,
) -> None:
    """Write all rows of a query (one SELECT) to a file, which is there complete or not at all.

    Raises:
        StoreError: as :func:`run`, or the file cannot be written.
        DatabaseHeld: someone is writing until the wait is over.
    """
    if format not in _OPTIONS:
        raise StoreError(f"There is no format {format}; there are {', '.join(_OPTIONS)}.")
    try:  # the fence lets the engine write in the exports folder only
        own_folder = tempfile.TemporaryDirectory(dir=store.layout.exports, prefix=".")
    except OSError as error:
        raise from_os_error(error, store.layout.exports) from error
    with own_folder as folder:
        unfinished = Path(folder) / path.name
        with _running(store, query, cancel, wait) as (connection, statements):
            for statement in statements[:-1]:
                connection.execute(statement)
            # a view takes the text as it stands, with its semicolon and comments
            connection.execute(f"CREATE TEMP VIEW exported AS {statements[-1].query}")
            target = str(unfinished).replace("'", "''")
            connection.execute(f"COPY (FROM exported) TO '{target}' ({_OPTIONS[format]})")
        try:
            beside = path.with_name(f".{path.name}.unfinished")
            shutil.move(unfinished, beside)
            beside.replace(path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise from_os_error(error, path) from error


def _distinct(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        again = (f"{name}_{number}" for number in count(1))
        found.append(name if name not in found else next(n for n in again if n not in found))
    return found


@contextmanager
def _running(
    store: Store, query: str, cancel: Cancel | None, wait: float
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Sequence[duckdb.Statement]]]:
    database = store.layout.database.name
    if database in query:
        # reading the file itself would, on closing it, drop this process's lock on it
        raise StoreError(f"{database} is open already; ask its tables and views.")
    cancel = cancel or Cancel()
    with store.read(wait) as connection, cancel.watching(connection):
        try:
            statements = connection.extract_statements(query)
            if not statements:
                raise StoreError("There is no SQL to run.")
            yield connection, statements
        except duckdb.InterruptException as error:
            raise StoreError("The query was cancelled.") from error
        except duckdb.Error as error:
            raise StoreError(str(error)) from error
