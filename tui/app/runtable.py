"""All runs of a store, column by column, and what changes in them.

Ten thousand runs with fifty columns as dictionaries would fill the memory that the whole app may
use; here a run is a position, and a mapping of it is made when it is looked at.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.specification.config import FIELDS

if TYPE_CHECKING:
    from tui.app.library import NewRows

CONFIG_KEYS: Final = tuple(FIELDS)
"""The configuration of a run, in the order of its definition."""

VALUE_KEYS: Final = (
    "step", "seconds", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    "best_validation_accuracy", "parameter_norm", "memorized_at", "rose_at", "generalized_at",
    "delay", "norm_change", "zone",
)  # fmt: skip
"""What is computed from a run's metrics."""

LAST_KEYS: Final = (
    "step", "seconds", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    "parameter_norm",
)  # fmt: skip
"""Those that are a column of its last row."""

ENDED: Final = frozenset({"finished", "stopped", "diverged", "failed"})


class RunTable:
    """Runs by position. Columns of values are filled after those of configuration and state."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {"run_id": []}
        self.position: dict[int, int] = {}
        self._valued: dict[int, tuple[Any, ...]] = {}
        self._grown: Counter[int] = Counter()
        self._revisions: Counter[int] = Counter()
        self._overviews = 0
        self._stale: list[int] | None = None  # None: not worked out since something changed
        self._changed: set[int] | None = None  # None: any run may have changed

    def __len__(self) -> int:
        return len(self.position)

    def __contains__(self, run_id: int) -> bool:
        return run_id in self.position

    @property
    def keys(self) -> Collection[str]:
        """The names that a run's mapping has."""
        return [*self.columns, "progress"]

    @property
    def run_ids(self) -> list[int]:
        """Every run's id, in the order of the table."""
        return self.columns["run_id"]

    def run(self, run_id: int) -> RunView:
        """The run as a mapping.

        Raises:
            KeyError: there is no such run.
        """
        return RunView(self, self.position[run_id])

    def runs(self, run_ids: Sequence[int] | None = None) -> Iterator[RunView]:
        """Runs as mappings; those of the ids that are here, or all."""
        if run_ids is None:
            yield from (RunView(self, i) for i in range(len(self)))
        else:
            yield from (RunView(self, self.position[i]) for i in run_ids if i in self.position)

    def values(self, key: str, run_ids: Sequence[int]) -> list[Any]:
        """The values under a key of some runs; quicker than a mapping for each."""
        if key == "progress":
            return [self.run(run_id)[key] for run_id in run_ids]
        column, position = self.columns[key], self.position
        return [column[position[run_id]] for run_id in run_ids]

    def column(self, key: str) -> Sequence[Any]:
        """The values under a key of all runs, in the order of the table; None where it has none."""
        if key in self.columns:
            return self.columns[key]
        known = key in self.keys
        return self.values(key, self.run_ids) if known else [None] * len(self)

    def set_overview(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Replace configuration and state of all runs; values that are known stay."""
        before: dict[str, list[Any]] = self.columns
        columns: dict[str, list[Any]] = {}
        transposed = zip(*rows, strict=True) if rows else (() for _ in names)
        for name, column in zip(names, transposed, strict=True):
            # equal words of ten thousand runs share one object
            columns[name] = [sys.intern(v) if isinstance(v, str) else v for v in column]
        position = {run_id: i for i, run_id in enumerate(columns["run_id"])}
        moves = [(self.position.get(run_id), i) for run_id, i in position.items()]
        for key in VALUE_KEYS:
            old = before.get(key)
            new: list[Any] = [None] * len(position)
            if old:
                for source, target in moves:
                    if source is not None:
                        new[target] = old[source]
            columns[key] = new
        self.columns, self.position = columns, position
        self._overviews += 1
        self._stale = self._changed = None

    def stale(self) -> list[int]:
        """The runs whose values were never read, or whose state has changed since.

        A queued run that was never claimed has no values to read.
        """
        column = self.columns
        if "state" not in column:
            return []
        if self._stale is None:
            self._stale = [
                run_id
                for run_id, i in self.position.items()
                if column["attempt"][i] > 0 and self._valued.get(run_id) != self._version(i)
            ]
        return self._stale

    def take_changed(self) -> set[int] | None:
        """The runs that have changed since this was asked last; None where any may have."""
        changed, self._changed = self._changed, set()
        return changed

    def running(self) -> list[int]:
        """The runs that train and whose values are known; they change without an event."""
        states = self.columns.get("state", ())
        return (
            [
                run_id
                for run_id, state in zip(self.run_ids, states, strict=True)
                if state == "running" and run_id in self._valued
            ]
            if "running" in states
            else []
        )

    def revision(self, sweep_id: int) -> tuple[int, int]:
        """Numbers that change whenever a run of the sweep does."""
        return self._overviews, self._revisions[sweep_id]

    def version(self, run_id: int) -> object:
        """Something that changes whenever the run's curve does."""
        i = self.position.get(run_id)
        if i is None:
            return None
        return (self._version(i), self.columns["step"][i], self._grown[run_id])

    def add_rows(self, run_id: int, rows: NewRows) -> None:
        """Take in new rows of a run's curve, in the order in which they were recorded.

        Last and best values follow; milestones and the zone are read with the values.
        """
        i = self.position.get(run_id)
        if i is None:
            return
        column = self.columns
        self._grown[run_id] += 1
        self._revisions[column["sweep_id"][i]] += 1
        if self._changed is not None:
            self._changed.add(run_id)
        last = int(np.argmax(rows["step"]))
        if int(rows["step"][last]) >= (column["step"][i] or 0):
            for key in LAST_KEYS:
                value = rows[key][last]
                column[key][i] = None if value is np.ma.masked else value.item()
        best = np.ma.filled(rows["validation_accuracy"], np.nan)
        best = best[best <= 1]  # not NaN
        if len(best):
            known = column["best_validation_accuracy"][i]
            best_now = float(best.max())
            column["best_validation_accuracy"][i] = max(best_now, known or 0.0)

    def forget_curves(self) -> None:
        """Count every curve as changed."""
        self._grown.update(self.run_ids)

    def set_values(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Fill in the values of some runs; ``names`` has run_id and those of VALUE_KEYS."""
        places = [(names.index(key), self.columns[key]) for key in VALUE_KEYS if key in names]
        id_place = names.index("run_id")
        self._stale = None
        if self._changed is not None:
            self._changed.update(row[id_place] for row in rows)
        for row in rows:
            i = self.position.get(row[id_place])
            if i is None:
                continue
            for place, column in places:
                value = row[place]
                column[i] = sys.intern(value) if isinstance(value, str) else value
            self._revisions[self.columns["sweep_id"][i]] += 1
            self._valued[row[id_place]] = self._version(i)

    def differing(self, run_ids: Sequence[int] | None = None) -> list[str]:
        """The configuration keys in which these runs differ (all runs without ids)."""
        known = [key for key in CONFIG_KEYS if key in self.columns]
        differing = [key for key in known if not _all_equal(self.columns[key])]
        if run_ids is None:
            return differing
        places = [self.position[i] for i in run_ids if i in self]
        if len(places) < 2:
            return []
        here = itemgetter(*places)
        return [key for key in differing if not _all_equal(here(self.columns[key]))]

    def words(self, key: str) -> list[str]:
        """The different values of a key as words, at most a hundred: for completion."""
        found: dict[str, None] = {}
        for value in self.columns.get(key, ()):
            for word in value if isinstance(value, list) else (value,):
                if word is not None:
                    found[f"{word:g}" if isinstance(word, float) else str(word)] = None
            if len(found) >= 100:
                break
        return list(found)

    def _version(self, i: int) -> tuple[Any, ...]:
        column = self.columns
        return (column["attempt"][i], column["state"][i], column["event_step"][i])


def _all_equal(values: Sequence[Any]) -> bool:
    return not values or values.count(values[0]) == len(values)


class RunView(Mapping[str, Any]):
    """One run as a mapping from names to values. ``progress`` is the share of its steps done."""

    __slots__ = ("_i", "_table")

    def __init__(self, table: RunTable, i: int) -> None:
        self._table, self._i = table, i

    def __getitem__(self, key: str) -> Any:
        if key == "progress":
            return self._progress()
        return self._table.columns[key][self._i]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.keys)

    def __len__(self) -> int:
        return len(self._table.keys)

    def _progress(self) -> float:
        if self["state"] in ("finished", "diverged"):
            return 1.0
        step = self["step"] or self["event_step"] or 0
        return min(1.0, float(step) / max(1, int(self["steps"])))
