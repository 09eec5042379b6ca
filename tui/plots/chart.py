"""A chart as text: title, axes with nice ticks, curves, bands, marks, crosshair, legend below.

What is on it is honest: points that are not finite are named ("NaN at step 812"), values that a
logarithmic axis cannot show are counted, digits are never cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from tui.plots.axislines import plot_lines, x_axis
from tui.plots.canvas import Canvas, Curve
from tui.plots.legend import Entry, legend_lines
from tui.plots.numbers import format_number
from tui.plots.plotext_canvas import draw_with_plotext
from tui.plots.raster import draw_braille
from tui.plots.scale import Scale, fitting

Marker = Literal["braille", "block", "ascii"]
Array = NDArray[np.float64]
DASHES = 3
"""How many kinds of lines there are: unbroken, long dashes, short ones."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A letter on a curve at ``x``, such as M where the run memorized."""

    x: float
    letter: str


@dataclass(frozen=True, slots=True)
class Series:
    """One curve in its own units. ``x`` ascends; ``low`` and ``high`` are a band around ``y``.

    ``dim`` curves are drawn behind the others and are not in the legend (the raw curve behind a
    smoothed one). ``colour`` is a code of the 256-colour cube; ``dash`` breaks the line, 1 long,
    2 short, so that more curves can be told apart than there are colours. The one in ``front`` is
    first in the legend.
    """

    name: str
    x: Array
    y: Array
    colour: int
    low: Array | None = None
    high: Array | None = None
    dim: bool = False
    points_only: bool = False
    dash: int = 0
    marks: tuple[Mark, ...] = ()
    front: bool = False


@dataclass(frozen=True, slots=True)
class Axes:
    """Titles, scales and limits. Limits are in the units of the data; ``None`` fits the data."""

    title: str = ""
    x_label: str = "step"
    log_x: bool = False
    log_y: bool = False
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    absent: str = "no values yet"
    """What is said where there is no value at all."""


def render_chart(
    series: list[Series],
    axes: Axes,
    width: int,
    height: int,
    *,
    marker: Marker = "braille",
    colour: bool = True,
    crosshair: float | None = None,
    legend_rows: int = 4,
) -> Text:
    """The chart in exactly ``height`` lines of at most ``width`` columns.

    ``crosshair`` is an x in the units of the data: a vertical line, and the legend gives each
    curve's value there. A step of 0 lies infinitely far left of a logarithmic axis and is left
    out. Where there is no room for a plot the title alone is returned.
    """
    ascii_only = marker == "ascii"
    if not any(len(one.x) for one in series):
        return _pad(
            [_title(axes, None, width), Text(axes.absent, style="dim")], height, width, colour
        )
    entries = entries_of(series, crosshair, letters=ascii_only or not colour)
    notices = _notices(series, axes)
    legend = legend_lines(entries, notices, width, min(legend_rows, height // 4), ascii_only)
    title = _title(axes, crosshair, width)
    plot_height = height - len(legend) - 3  # title, axis line, x labels
    if plot_height < 2 or width < 16:
        return _pad([title, *legend], height, width, colour)
    x_scale, y_scale = _scales(series, axes)
    y_scale.choose_ticks(plot_height, 3, ascii_only)
    margin = max((len(tick.label) for tick in y_scale.ticks), default=1)
    plot_width = width - margin - 1
    if plot_width < 8:
        return _pad([title, *legend], height, width, colour)
    x_scale.choose_ticks(plot_width, 12, ascii_only)
    canvas = _draw(series, x_scale, y_scale, plot_width, plot_height, marker, entries)
    _overlay(canvas, series, entries, x_scale, y_scale, crosshair, ascii_only, not colour)
    lines = [title]
    lines += plot_lines(canvas, y_scale, margin, ascii_only)
    lines += x_axis(x_scale, axes.x_label, margin, plot_width, ascii_only)
    return _pad(lines + legend, height, width, colour)


def value_at(series: Series, x: float) -> float | None:
    """The value of the point of ``series`` that is nearest to ``x``; ``None`` outside its range."""
    if len(series.x) == 0 or not series.x[0] <= x <= series.x[-1]:
        return None
    right = int(np.clip(np.searchsorted(series.x, x), 1, max(1, len(series.x) - 1)))
    if len(series.x) == 1:
        return float(series.y[0])
    nearer = right - 1 if x - series.x[right - 1] <= series.x[right] - x else right
    return float(series.y[nearer])


def entries_of(series: list[Series], crosshair: float | None, letters: bool) -> list[Entry]:
    """What the legend says of each curve: its value at the crosshair, else its last."""
    entries: list[Entry] = []
    for one in series:
        if one.dim:
            continue
        if crosshair is not None:
            value = value_at(one, crosshair)
        else:
            value = float(one.y[-1]) if len(one.y) and not one.points_only else None
        letter = chr(ord("a") + len(entries) % 26) if letters else ""
        entries.append(Entry(one.name, one.colour, letter, value, one.dash, one.front))
    return entries


def _notices(series: list[Series], axes: Axes) -> list[str]:
    notices = []
    hidden = 0
    for one in series:
        if one.dim:
            continue
        bad = np.flatnonzero(~np.isfinite(one.y))
        if len(bad):
            where = f"{format_number(float(one.y[bad[0]]))} at {axes.x_label} "
            where += format_number(float(one.x[bad[0]]))
            more = f" and {len(bad) - 1} later" if len(bad) > 1 else ""
            notices.append(f"{one.name}: {where}{more}" if len(series) > 1 else where + more)
        if axes.log_y:
            hidden += int(np.sum(one.y <= 0))
    if hidden:
        notices.append(f"{hidden} value{'s' if hidden > 1 else ''} ≤ 0 not on the log axis")
    return notices


def _title(axes: Axes, crosshair: float | None, width: int) -> Text:
    title = Text(axes.title, style="bold", no_wrap=True)
    if axes.log_y:
        title.append(" (log)", style="dim")
    if crosshair is not None:  # the words are cut, the number never
        at = f" {axes.x_label} {format_number(crosshair)} "
        title.truncate(max(0, width - len(at) - 2), overflow="ellipsis")
        title.append("  ").append(at, style="reverse")
    title.truncate(width, overflow="ellipsis")
    return title


def _scales(series: list[Series], axes: Axes) -> tuple[Scale, Scale]:
    xs = [one.x for one in series]
    x_scale = fitting(xs, axes.log_x, axes.x_limits, 0.0)
    ys = []
    for one in series:
        unit = x_scale.unit(one.x)
        seen = (unit >= 0) & (unit <= 1)
        # a zoomed view also shows the lines that cross it between two points
        seen |= np.append(seen[1:], False) | np.append(False, seen[:-1]) if len(seen) else seen
        ys += [edge[seen] for edge in (one.y, one.low, one.high) if edge is not None]
    return x_scale, fitting(ys, axes.log_y, axes.y_limits, 0.04)


def _draw(
    series: list[Series],
    x_scale: Scale,
    y_scale: Scale,
    width: int,
    height: int,
    marker: Marker,
    entries: list[Entry],
) -> Canvas:
    letters = iter([entry.letter for entry in entries])
    curves = []
    for one in series:
        band = None
        if one.low is not None and one.high is not None:
            band = (y_scale.unit(one.low), y_scale.unit(one.high))
        curve = Curve(x_scale.unit(one.x), y_scale.unit(one.y), one.colour, band)
        letter = "." if one.dim else next(letters) or "*"
        curves.append(
            replace(curve, dim=one.dim, points_only=one.points_only, letter=letter, dash=one.dash)
        )
    if marker == "braille":
        return draw_braille(curves, width, height)
    shade = ":" if marker == "ascii" else "░"
    return draw_with_plotext(
        curves, width, height, ascii_only=marker == "ascii", band_character=shade
    )


def _overlay(
    canvas: Canvas,
    series: list[Series],
    entries: list[Entry],
    x_scale: Scale,
    y_scale: Scale,
    crosshair: float | None,
    ascii_only: bool,
    end_letters: bool,
) -> None:
    height, width = canvas.characters.shape

    def cell(x: float, y: float) -> tuple[int, int] | None:
        u = float(x_scale.unit(np.array([x]))[0])
        v = float(y_scale.unit(np.array([y]))[0])
        if not (0 <= u <= 1 and 0 <= v <= 1):
            return None
        return height - 1 - min(height - 1, int(v * height)), min(width - 1, int(u * width))

    if crosshair is not None:
        u = float(x_scale.unit(np.array([crosshair]))[0])
        if 0 <= u <= 1:
            column = min(width - 1, int(u * width))
            free = canvas.characters[:, column] == " "
            canvas.characters[free, column] = "|" if ascii_only else "│"
    shown = iter(entries)
    for one in series:
        if one.dim:
            continue
        entry = next(shown)
        if end_letters and len(one.x):
            last = cell(float(one.x[-1]), float(one.y[-1]))
            if last:
                canvas.put(*last, entry.letter, one.colour)
        for mark in one.marks:
            value = value_at(one, mark.x)
            place = cell(mark.x, value) if value is not None else None
            if place:
                canvas.put(*place, mark.letter, one.colour)
        for x in one.x[~np.isfinite(one.y)][:1]:
            u = float(x_scale.unit(np.array([x]))[0])
            if 0 <= u <= 1:
                canvas.put(height - 1, min(width - 1, int(u * width)), "x", one.colour)


def _pad(lines: list[Text], height: int, width: int, colour: bool) -> Text:
    lines = lines[:height]
    for line in lines:
        line.truncate(width)
    lines += [Text()] * (height - len(lines))
    joined = Text("\n", no_wrap=True, end="").join(lines)
    return joined if colour else Text(joined.plain, no_wrap=True, end="")
