"""Curves that were read before are not read again: a run's are, when it has a new step."""

from __future__ import annotations

from collections.abc import Sequence

from store.curves import METRICS
from tui.app.library import CurveRequest, Curves, Library
from tui.app.runtable import RunTable
from tui.plots.chart import Array

MOST_RUNS = 400  # some 50 KB each
POINTS = 1200  # of a curve: more than any terminal has dot columns, and smoothing is fair on it


class CurveCache:
    """The curves of runs by x axis. :meth:`missing` is cheap; :meth:`read` blocks."""

    def __init__(self, library: Library, table: RunTable) -> None:
        self._library, self._table = library, table
        self._known: dict[tuple[int, str, bool], tuple[object, dict[str, tuple[Array, Array]]]] = {}

    def missing(self, run_ids: Sequence[int], x: str, log_x: bool) -> list[int]:
        """The runs whose curves were never read, or have grown since."""
        return [
            i for i in run_ids
            if (entry := self._known.get((i, x, log_x))) is None or entry[0] != self._version(i)
        ]  # fmt: skip

    def get(self, run_ids: Sequence[int], x: str, log_x: bool) -> Curves:
        """What is known of these runs' curves."""
        found = {i: self._known.get((i, x, log_x)) for i in run_ids}
        return {i: entry[1] for i, entry in found.items() if entry is not None}

    def read(self, run_ids: Sequence[int], x: str, log_x: bool) -> None:
        """Read the curves of these runs.

        Raises:
            StoreError: the store cannot be read.
        """
        versions = {i: self._version(i) for i in run_ids}
        read = self._library.curves(CurveRequest(tuple(run_ids), METRICS, POINTS, x, log_x))
        for run_id, by_metric in read.items():
            self._known.pop((run_id, x, log_x), None)
            self._known[run_id, x, log_x] = (versions[run_id], dict(by_metric))
        while len(self._known) > MOST_RUNS:
            del self._known[next(iter(self._known))]

    def _version(self, run_id: int) -> object:
        if run_id not in self._table:
            return None
        run = self._table.run(run_id)
        return (run["attempt"], run["state"], run["step"])
