"""Curves as quadrant blocks or ASCII letters, drawn by plotext 5.

The one place that knows plotext. It is handed what it does well: points that are finite, already
transformed (its own log axis takes the logarithm again on every build), reduced to a few per
column (its cost grows with points), and within the limits (it fails on a series that is not).
Its figure is one global object, so a lock serialises the drawings of several threads.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from tui.plots.canvas import Canvas, Curve

_figure_lock = threading.Lock()
_DIM_GREY = 240  # plotext knows no dim style


def draw_with_plotext(
    curves: list[Curve], width: int, height: int, *, ascii_only: bool, band_character: str
) -> Canvas:
    """The curves on ``width`` × ``height`` cells: each an own letter, or quadrant blocks."""
    import plotext  # 50 ms of import that braille charts need not pay

    canvas = Canvas.empty(width, height)
    for curve in curves:
        _shade_band(canvas, curve, width, height, band_character)
    with _figure_lock:
        plotext.clear_figure()
        plotext.plotsize(width, height)
        plotext.frame(False)
        plotext.xticks([])
        plotext.yticks([])
        plotext.canvas_color("default")
        plotext.axes_color("default")
        plotext.xlim(0.0, 1.0)
        plotext.ylim(0.0, 1.0)
        for curve in sorted(curves, key=lambda c: not c.dim):
            marker = ("." if curve.dim else curve.letter) if ascii_only else "hd"
            draw = plotext.scatter if curve.points_only else plotext.plot
            colour = _DIM_GREY if curve.dim else curve.colour
            for x, y in _pieces(curve, width * 2):
                draw(x.tolist(), y.tolist(), marker=marker, color=colour)
        lines = plotext.build().split("\n")
    _copy(canvas, lines)
    return canvas


def _pieces(curve: Curve, columns: int) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The unbroken stretches in sight, reduced to four points per column."""
    inside = np.isfinite(curve.x) & np.isfinite(curve.y) & (curve.x >= 0) & (curve.x <= 1)
    inside &= (curve.y >= 0) & (curve.y <= 1)
    breaks = np.flatnonzero(np.diff(np.concatenate(([0], inside.astype(np.int8), [0]))))
    pieces = []
    for start, stop in breaks.reshape(-1, 2):
        x, y = curve.x[start:stop], curve.y[start:stop]
        if len(x) > 4 * columns:
            bucket = np.minimum((x * columns).astype(np.int64), columns - 1)
            starts = np.flatnonzero(np.diff(bucket, prepend=-1))
            ends = np.append(starts[1:], len(x))
            kept = {0, len(x) - 1}
            for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
                kept |= {a, b - 1, a + int(np.argmin(y[a:b])), a + int(np.argmax(y[a:b]))}
            order = np.array(sorted(kept))
            x, y = x[order], y[order]
        pieces.append((x, y))
    return pieces


def _shade_band(canvas: Canvas, curve: Curve, width: int, height: int, character: str) -> None:
    if curve.band is None:
        return
    centres = (np.arange(width) + 0.5) / width
    low, high = (np.interp(centres, curve.x, edge, np.nan, np.nan) for edge in curve.band)
    levels = (np.arange(height)[::-1, None] + 0.5) / height
    with np.errstate(invalid="ignore"):
        inside = (levels >= low[None, :]) & (levels <= high[None, :])
    canvas.characters[inside] = character
    canvas.colours[inside] = curve.colour
    canvas.dim[inside] = True


def _copy(canvas: Canvas, lines: list[str]) -> None:
    height, width = canvas.characters.shape
    for row, line in enumerate(lines[:height]):
        text = Text.from_ansi(line)
        colours = [-1] * len(text.plain)
        for span in text.spans:
            colour = getattr(span.style, "color", None)
            number = getattr(colour, "number", None)
            if number is not None:
                colours[span.start : span.end] = [number] * (span.end - span.start)
        for column, character in enumerate(text.plain[:width]):
            if character != " ":
                canvas.put(row, column, character, colours[column])
