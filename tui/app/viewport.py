"""What of the x axis is in sight, and the crosshair: both stay on the curves that there are. Pure.

Distances are those on the screen: on a logarithmic axis, half of a range is half of its decades.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Literal

import numpy as np

from tui.plots.chart import Array

Direction = Literal[-1, 1]
"""To the left, to the right."""

NARROWEST = 1e-6  # of the whole range: one cannot zoom in further
_WHOLE = 1 - 1e-9  # as good as all of the range: sums of logarithms are not exact
_PAN, _FAR_PAN, _LEAP = 1 / 20, 1 / 2, 1 / 10  # of the range in sight


class Viewport:
    """A range of x and a crosshair, given in the units of the data.

    Where one was put is remembered while other curves are in sight, and it is there again with
    the first ones. Another quantity as x forgets both, another scale forgets the range.
    """

    def __init__(self) -> None:
        self._points = _Points((), log=False)
        self._quantity = ""
        self._window: tuple[float, float] | None = None  # in axis coordinates
        self._aim: float | None = None  # in the units of the data

    def lie_over(self, curves: Iterable[Array], quantity: str, log: bool) -> None:
        """These are the x of the curves in sight: steps, seconds … on a linear or a log axis."""
        if quantity != self._quantity:
            self.forget()
        if log != self._points.log:
            self._window = None
        self._points, self._quantity = _Points(curves, log), quantity

    def forget(self) -> None:
        """The whole range, no crosshair."""
        self._window = self._aim = None

    # where it is

    @property
    def limits(self) -> tuple[float, float] | None:
        """The range in sight; ``None`` is the whole."""
        if self._window is None or not len(self._points.x) or self._range == self._points.ends:
            return None
        low, high = self._range
        return self._points.value(low), self._points.value(high)

    @property
    def crosshair(self) -> float | None:
        """The x of the crosshair, which is that of a point; ``None`` without one."""
        place = self._place
        return None if place is None else float(self._points.x[place])

    @property
    def _range(self) -> tuple[float, float]:
        first, last = self._points.ends
        low, high = self._window or (first, last)
        width = high - low
        if width >= (last - first) * _WHOLE:
            return first, last
        low = min(max(low, first), last - width)
        return low, low + width

    @property
    def _place(self) -> int | None:
        """Which point has the crosshair."""
        if self._aim is None or not len(self._points.x):
            return None
        return self._points.nearest(self._points.position(self._aim))

    # moving it

    def why_not(self, action: str) -> str | None:
        """Why an action of this name would change nothing; None where it may."""
        if self.limits is not None:
            return None
        if action in ("zoom_out", "reset"):
            return "The whole range is in sight."
        moves = ("left", "right", "far_left", "far_right", "first", "last")
        if action in moves and self.crosshair is None:
            return "The whole range is in sight: + zooms in, and . brings a crosshair to move."
        return None

    def toggle_crosshair(self) -> None:
        """The crosshair in the middle of the range in sight, or none."""
        if self._aim is None and len(self._points.x):
            self._put_crosshair(self._points.nearest(sum(self._range) / 2))
        else:
            self._aim = None

    def step(self, direction: Direction) -> None:
        """The crosshair to the next point; without one, the range a little further."""
        if self._place is not None:
            self._put_crosshair(self._place + direction)
        else:
            self._pan(direction * _PAN * self._width)

    def leap(self, direction: Direction) -> None:
        """The crosshair a tenth of the range further, without one the range by half."""
        place = self._place
        if place is not None:
            there = self._points.at[place] + direction * _LEAP * self._width
            found = self._points.nearest(float(there))
            self._put_crosshair(found if found != place else place + direction)
        else:
            self._pan(direction * _FAR_PAN * self._width)

    def to_end(self, direction: Direction) -> None:
        """The crosshair on the first or last point, without one the range there."""
        first, last = self._points.ends
        if self._place is not None:
            self._put_crosshair(0 if direction < 0 else len(self._points.x) - 1)
        else:
            self._pan(direction * (last - first))

    def zoom(self, factor: float) -> None:
        """A range ``factor`` times as wide, around the crosshair or the middle."""
        if not len(self._points.x):
            return
        first, last = self._points.ends
        place = self._place
        centre = sum(self._range) / 2 if place is None else float(self._points.at[place])
        width = max(self._width * factor, (last - first) * NARROWEST)
        self._window = (centre - width / 2, centre + width / 2)
        self._window = None if self._range == (first, last) else self._range

    def reset(self) -> None:
        """The whole range."""
        self._window = None

    @property
    def _width(self) -> float:
        low, high = self._range
        return high - low

    def _put_crosshair(self, place: int) -> None:
        self._aim = float(self._points.x[min(max(place, 0), len(self._points.x) - 1)])

    def _pan(self, by: float) -> None:
        if self._window is not None and len(self._points.x):
            low, high = self._range
            self._window = (low + by, high + by)
            self._window = self._range


class _Points:
    """Every x of some curves, ascending, worked out when it is needed."""

    def __init__(self, curves: Iterable[Array], log: bool) -> None:
        self._curves, self.log = tuple(curves), log

    @cached_property
    def x(self) -> Array:
        """In the units of the data, without those that the axis cannot show."""
        values = np.unique(np.concatenate(self._curves)) if self._curves else np.empty(0)
        return values[np.isfinite(values) & (values > 0 if self.log else True)]

    @cached_property
    def at(self) -> Array:
        """In axis coordinates."""
        return np.log10(self.x) if self.log else self.x

    @property
    def ends(self) -> tuple[float, float]:
        """First and last in axis coordinates; 0 and 1 where there is no point."""
        return (float(self.at[0]), float(self.at[-1])) if len(self.at) else (0.0, 1.0)

    def nearest(self, position: float) -> int:
        """The place of the point that is nearest on the axis."""
        return int(np.argmin(np.abs(self.at - position)))

    def position(self, x: float) -> float:
        """From the units of the data, clipped to where points are, to axis coordinates."""
        inside = np.clip(x, self.x[0], self.x[-1])
        return float(np.log10(inside) if self.log else inside)

    def value(self, position: float) -> float:
        """From axis coordinates to the units of the data."""
        return float(10.0**position) if self.log else position
