"""From runs to the cells of a phase grid: any two keys as axes, a cell for each pair of values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tui.plots.colours import ZONE_LETTERS

Key = str | int | float


@dataclass(frozen=True, slots=True)
class Measure:
    """What a cell can show: the column of a run, what it is called, and how large a full value is.

    ``full`` is 1 for an accuracy; ``None`` for a quantity without a natural scale. ``absent`` says
    what it means that a run has none, and ``validates`` that there is none without validation.
    """

    column: str
    title: str
    full: float | None = None
    absent: str = "no value"
    validates: bool = True


MEASURES: Final[Mapping[str, Measure]] = {
    m.column: m
    for m in (
        Measure("zone", "zone", absent=""),
        Measure("validation_accuracy", "final validation accuracy, %", 1.0),
        Measure("best_validation_accuracy", "best validation accuracy, %", 1.0),
        Measure("train_accuracy", "final training accuracy, %", 1.0, validates=False),
        Measure("memorized_at", "step of memorization", None, "not memorized", validates=False),
        Measure("generalized_at", "step of generalization", None, "not generalized"),
        Measure("delay", "generalization step / memorization step", None, "not generalized"),
        Measure("norm_change", "change of the parameter norm while it generalizes"),
    )
}


@dataclass(frozen=True, slots=True)
class Cell:
    """The runs that share one pair of axis values."""

    row: Key
    column: Key
    run_ids: tuple[int, ...]
    states: Mapping[str, int]
    zones: Mapping[str, int]
    progress: float
    values: tuple[float, ...] = field(default=())

    @property
    def live(self) -> str:
        """``dead``, ``queued``, ``running`` or ``done``: the least finished of its runs decides.

        A run whose worker has died comes before all others.
        """
        if self.states.get("dead"):
            return "dead"
        if self.states.get("running") or (self.states.get("queued") and self.progress > 0):
            return "running"
        return "queued" if self.states.get("queued") or self.states.get("paused") else "done"

    @property
    def zone(self) -> str:
        """The zone of most of its runs; among equals the decided and then the earlier one."""
        order = list(ZONE_LETTERS)
        return max(self.zones, key=lambda z: (self.zones[z], z != "undecided", -order.index(z)))

    @property
    def mixed(self) -> bool:
        """Whether its seeds disagree about the zone."""
        return len(self.zones) > 1

    @property
    def mean(self) -> float | None:
        """The mean of the values that its runs have; ``None`` where none has one."""
        return sum(self.values) / len(self.values) if self.values else None


def aggregate(
    runs: Iterable[Mapping[str, Any]], row_key: str, column_key: str, measure: str = "zone"
) -> list[Cell]:
    """The cells of ``runs``; a run is a row of the store's ``runs`` view joined with its zone.

    Used of a run: ``run_id``, ``state``, ``zone``, ``progress`` (0 … 1), the two keys, and the
    column of ``measure``. Runs without a value for it count as seeds and not in the mean.
    """
    groups: dict[tuple[Key, Key], list[Mapping[str, Any]]] = {}
    for run in runs:
        row, column = run.get(row_key), run.get(column_key)
        if row is not None and column is not None:
            groups.setdefault((row, column), []).append(run)
    return [_cell(row, column, group, measure) for (row, column), group in groups.items()]


def remeasured(
    cells: Iterable[Cell], measure: str, values: Callable[[str, Sequence[int]], Sequence[Any]]
) -> list[Cell]:
    """The same cells with another measure; ``values`` gives those of a key for some runs."""
    return [
        replace(cell, values=_numbers(values(measure, cell.run_ids) if measure != "zone" else ()))
        for cell in cells
    ]


def _cell(row: Key, column: Key, runs: list[Mapping[str, Any]], measure: str) -> Cell:
    return Cell(
        row,
        column,
        tuple(int(run["run_id"]) for run in runs),
        Counter(str(run["state"]) for run in runs),
        Counter(_zone(run) for run in runs),
        sum(float(run.get("progress") or 0.0) for run in runs) / len(runs),
        _numbers([run.get(measure) for run in runs] if measure != "zone" else ()),
    )


def _zone(run: Mapping[str, Any]) -> str:
    zone = str(run.get("zone") or "undecided")
    return zone if zone in ZONE_LETTERS else "undecided"


def _numbers(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(float(v) for v in values if v is not None and math.isfinite(v))
