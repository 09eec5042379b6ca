"""Curves that were read before are not read again: a run's are, when it has a new step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.app.library import CurveRequest, Curves, Library
from tui.app.runtable import RunTable
from tui.plots.chart import Array

MOST_BYTES = 12_000_000
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


@dataclass(frozen=True, slots=True)
class _Entry:
    version: object
    curves: dict[str, tuple[Array, Array]]
    bytes: int


class CurveCache:
    """The curves of runs. :meth:`missing` and :meth:`get` are cheap; :meth:`read` blocks."""

    def __init__(self, library: Library, table: RunTable) -> None:
        self._library, self._table = library, table
        self._known: dict[tuple[int, CurveKind], _Entry] = {}

    def missing(self, run_ids: Sequence[int], kind: CurveKind) -> list[int]:
        """The runs whose curves were never read, or have grown since."""
        entries = ((i, self._known.get((i, kind))) for i in run_ids)
        return [i for i, entry in entries if entry is None or entry.version != self._version(i)]

    def get(self, run_ids: Sequence[int], kind: CurveKind) -> Curves:
        """What is known of these runs' curves."""
        entries = ((i, self._known.get((i, kind))) for i in run_ids)
        return {i: entry.curves for i, entry in entries if entry is not None}

    def read(self, run_ids: Sequence[int], kind: CurveKind) -> None:
        """Read the curves of these runs; the ones that were read longest ago may be forgotten.

        Raises:
            StoreError: the store cannot be read.
        """
        versions = {i: self._version(i) for i in run_ids}
        points = FULL_POINTS if kind.full else REDUCED_POINTS
        wanted = CurveRequest(tuple(run_ids), kind.metrics, points, kind.x, kind.log_x)
        for run_id, curves in self._library.curves(wanted).items():
            size = sum(x.nbytes + y.nbytes for x, y in curves.values())
            self._known.pop((run_id, kind), None)
            self._known[run_id, kind] = _Entry(versions[run_id], dict(curves), size)
        total = sum(entry.bytes for entry in self._known.values())
        for key in list(self._known)[: -len(run_ids) or None]:
            if total <= MOST_BYTES:
                break
            total -= self._known.pop(key).bytes

    def _version(self, run_id: int) -> object:
        if run_id not in self._table:
            return None
        run = self._table.run(run_id)
        return (run["attempt"], run["state"], run["step"])
