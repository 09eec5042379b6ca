"""Curves that were read are kept; new rows of a run are added to what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from store.curves import reduce_curve
from tui.app.library import CurveRequest, Curves, Library, NewRows
from tui.app.runtable import RunTable
from tui.plots.chart import Array

MOST_BYTES = 3_000_000
REDUCED_POINTS = 600  # four for each dot column of a chart of 75 cells: its extremes are kept
FULL_POINTS = 1_000_000  # smoothing is done on every point that was recorded


@dataclass(frozen=True, slots=True)
class CurveKind:
    """What is read of a run: over which x, which metrics, and whether every point."""

    x: str
    log_x: bool
    metrics: tuple[str, ...]
    full: bool

    @classmethod
    def of(
        cls, x: str, log_x: bool, panels: Iterable[Sequence[str]], smoothing: float
    ) -> CurveKind:
        """The kind that charts of these panels need."""
        metrics = tuple(sorted({metric for panel in panels for metric in panel}))
        return cls(x, log_x, metrics, smoothing > 0)

    @property
    def points(self) -> int:
        """How many points a curve may have."""
        return FULL_POINTS if self.full else REDUCED_POINTS


@dataclass(frozen=True, slots=True)
class _Entry:
    version: object
    curves: dict[str, tuple[Array, Array]]
    bytes: int

    @classmethod
    def of(cls, version: object, curves: dict[str, tuple[Array, Array]]) -> _Entry:
        return cls(version, curves, sum(x.nbytes + y.nbytes for x, y in curves.values()))


class CurveCache:
    """The curves of runs. Everything is cheap but :meth:`read`, which blocks.

    A reading thread and the event loop meet here: an entry bears the version of its run when the
    reading began, and whoever finds another version there reads it again.
    """

    def __init__(self, library: Library, table: RunTable) -> None:
        self._library, self._table = library, table
        self._known: dict[tuple[int, CurveKind], _Entry] = {}

    def missing(self, run_ids: Sequence[int], kind: CurveKind) -> list[int]:
        """The runs whose curves were never read, or have changed since."""
        entries = ((i, self._known.get((i, kind))) for i in run_ids)
        version = self._table.version
        return [i for i, entry in entries if entry is None or entry.version != version(i)]

    def get(self, run_ids: Sequence[int], kind: CurveKind) -> Curves:
        """What is known of these runs' curves."""
        entries = ((i, self._known.get((i, kind))) for i in run_ids)
        return {i: entry.curves for i, entry in entries if entry is not None}

    def read(self, run_ids: Sequence[int], kind: CurveKind) -> None:
        """Read the curves of these runs; the ones that were read longest ago may be forgotten.

        Raises:
            StoreError: the store cannot be read.
        """
        versions = {i: self._table.version(i) for i in run_ids}
        wanted = CurveRequest(tuple(run_ids), kind.metrics, kind.points, kind.x, kind.log_x)
        for run_id, curves in self._library.curves(wanted).items():
            self._known.pop((run_id, kind), None)
            self._known[run_id, kind] = _Entry.of(versions[run_id], dict(curves))
        total = sum(entry.bytes for entry in self._known.values())
        for key in list(self._known)[: -len(run_ids) or None]:
            if total <= MOST_BYTES:
                break
            total -= self._known.pop(key).bytes

    def extend(self, run_id: int, rows: NewRows, before: object) -> None:
        """Add new rows to the curves of a run that are complete up to version ``before``.

        Rows that repeat steps, as those of a resumed run do, leave the curve to be read again:
        which of them count is the store's to say.
        """
        for key, entry in list(self._known.items()):
            if key[0] != run_id or entry.version != before:
                continue
            grown = _grown(entry.curves, rows, key[1], self._factor(run_id))
            if grown is not None:
                self._known[key] = _Entry.of(self._table.version(run_id), grown)

    def _factor(self, run_id: int) -> float:
        return float(self._table.run(run_id)["operations_per_step"])


def _grown(
    curves: dict[str, tuple[Array, Array]], rows: NewRows, kind: CurveKind, operations: float
) -> dict[str, tuple[Array, Array]] | None:
    """Curves with new points at their ends; None where these do not come after the others."""
    at = rows["seconds"] if kind.x == "seconds" else rows["step"]
    x = np.asarray(np.ma.getdata(at), dtype=np.float64)
    if kind.x == "operations":
        x = x * operations
    last = max((old[-1] for old, _ in curves.values() if len(old)), default=-np.inf)
    if not len(x) or x[0] <= last or np.any(np.diff(x) <= 0):
        return None
    return {metric: _appended(*curves[metric], x, rows[metric], kind) for metric in kind.metrics}


def _appended(
    old_x: Array, old_y: Array, x: Array, values: Any, kind: CurveKind
) -> tuple[Array, Array]:
    present = ~np.ma.getmaskarray(values)
    new_y = np.asarray(np.ma.getdata(values), dtype=np.float64)
    both = np.concatenate([old_x, x[present]]), np.concatenate([old_y, new_y[present]])
    # extremes survive being chosen twice, so that now and then is often enough
    if len(both[0]) <= 2 * kind.points:
        return both
    return reduce_curve(*both, kind.points, log_x=kind.log_x)
