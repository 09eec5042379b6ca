"""Where the ticks of an axis stand and what is written there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tui.plots.numbers import format_number, format_power


@dataclass(frozen=True, slots=True)
class Tick:
    """``position`` is in axis coordinates: log10 of the value on a logarithmic axis."""

    position: float
    label: str


def linear_ticks(low: float, high: float, count: int) -> list[Tick]:
    """About ``count`` ticks at round numbers (1, 2 or 5 times a power of ten) within the range."""
    step = _round_step((high - low) / max(1, count))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = []
    for i in range(first, last + 1):
        value = i * step
        if max(abs(low), abs(high)) >= 1e6 or decimals > 5:
            label = format_number(value)
        else:
            label = f"{value:.{decimals}f}"
        ticks.append(Tick(value, label))
    return ticks


def log_ticks(low: float, high: float, count: int, ascii_only: bool = False) -> list[Tick]:
    """Ticks on a log10 axis: decades, or also 2 and 5 times a decade where few are in sight."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    decades = list(range(first, last + 1))
    if len(decades) > max(2, count):
        stride = math.ceil(len(decades) / max(1, count))
        decades = [exponent for exponent in decades if exponent % stride == 0]
    if len(decades) >= 3 or (len(decades) == 2 and count <= 3):
        return [Tick(float(e), format_power(e, ascii_only)) for e in decades]
    fine = [
        Tick(exponent + math.log10(mantissa), format_number(float(f"{mantissa}e{exponent}")))
        for exponent in range(math.floor(low), math.ceil(high) + 1)
        for mantissa in (1, 2, 5)
    ]
    seen = [tick for tick in fine if low - 1e-9 <= tick.position <= high + 1e-9]
    if len(seen) >= 2:
        return seen
    return [
        Tick(math.log10(float(tick.label)), tick.label)
        for tick in linear_ticks(10.0 ** min(low, 308.0), 10.0 ** min(high, 308.0), count)
        if float(tick.label) > 0
    ]


def _round_step(raw: float) -> float:
    if raw <= 0.0:
        return 1.0
    magnitude = 10.0 ** math.floor(math.log10(raw))
    for factor in (1.0, 2.0, 5.0, 10.0):
        if raw <= factor * magnitude * (1 + 1e-9):
            return factor * magnitude
    return 10.0 * magnitude
