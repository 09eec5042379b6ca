"""One axis of a chart: its range, where values lie on it, and its ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tui.plots.ticks import Tick, linear_ticks, log_ticks


@dataclass(slots=True)
class Scale:
    """A range in axis coordinates, which are log10 of the data where ``log``."""

    log: bool
    low: float = 0.0
    high: float = 1.0
    ticks: list[Tick] = field(default_factory=list)

    def transform(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """To axis coordinates; NaN where the axis cannot show a value."""
        if not self.log:
            return values.astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log10(values), np.nan)

    def unit(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """To 0 … 1 over the axis."""
        return (self.transform(values) - self.low) / (self.high - self.low)

    def cell(self, tick: Tick, cells: int) -> int:
        """In which of so many cells along the axis a tick lies."""
        unit = (tick.position - self.low) / (self.high - self.low)
        return min(cells - 1, int(unit * cells))

    def choose_ticks(self, cells: int, cells_a_tick: int, ascii_only: bool) -> None:
        """Ticks at nice values, about one for every ``cells_a_tick`` cells."""
        if self.log:  # its labels are short
            most = max(2, cells * 2 // cells_a_tick)
            self.ticks = log_ticks(self.low, self.high, most, ascii_only)
        else:
            self.ticks = linear_ticks(self.low, self.high, max(3, cells // cells_a_tick))


_LEAST = 1e-300  # a tenth of what is smaller may be nothing


def fitting(
    values: Sequence[NDArray[np.float64]],
    log: bool,
    limits: tuple[float, float] | None,
    padding: float,
) -> Scale:
    """The scale of these limits, or else of all values and ``padding`` of their range around."""
    scale = Scale(log)
    if limits is not None:
        low, high = (float(v) for v in scale.transform(np.array(limits, dtype=np.float64)))
    else:
        transformed = scale.transform(np.concatenate(values) if values else np.empty(0))
        finite = transformed[np.isfinite(transformed)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        room = (high - low) * padding
        low, high = low - room, high + room
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = 0.0, 1.0
    if high - low <= max(abs(low), abs(high)) * 1e-12:  # a flat curve, or one point
        half = 0.5 if log or abs(low) < _LEAST else abs(low) * 0.1
        low, high = low - half, high + half
    scale.low, scale.high = low, high
    return scale
