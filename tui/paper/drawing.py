"""The figures of the study as text: panels as in the paper, bands of 95 % over seeds."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np
from rich.text import Text

from engine.specification.tasks import TASKS
from tui.paper.data import FigureData, Row
from tui.paper.descents import verdict
from tui.paper.figures import Figure
from tui.plots.chart import Axes, Marker, Series, render_chart
from tui.plots.colours import RUN_COLOURS

TRAIN, VALIDATION = RUN_COLOURS[1], RUN_COLOURS[0]
LEAST_PANEL = 44  # columns; narrower, panels stand one below the other
GAP = 2
MOST_BANDS = 7  # of more lines in a panel the bands hide each other
_COLOUR_OF = {"train_accuracy": TRAIN, "validation_accuracy": VALIDATION}
_SHORT = {"train_accuracy": "training", "validation_accuracy": "validation"}
UNIT = (-0.02, 1.02)  # accuracy, with room for a line at its ends


@dataclass(frozen=True, slots=True)
class Look:
    """How a figure is drawn. ``height`` is the lines of one panel."""

    width: int = 100
    height: int = 14
    ascii_only: bool = False
    colour: bool = True

    @property
    def marker(self) -> Marker:
        """The characters of curves."""
        return "ascii" if self.ascii_only else "braille"


def draw(figure: Figure, data: FigureData, look: Look) -> Text:
    """The figure; of what is not trained yet there are no curves. Above some stands a verdict."""
    if not data.runs and not data.cells:
        return Text("nothing trained yet", style="dim")
    said = verdict(figure.descent, data.descents) if figure.descent else ""
    above = textwrap.wrap(said, look.width)
    drawn = _KINDS[figure.kind](figure, data, replace(look, height=look.height - len(above)))
    return Text("\n", no_wrap=True).join([*map(Text, above), drawn])


def _panels_of_curves(figure: Figure, data: FigureData, look: Look) -> Text:
    varying = [k for k in ("width", "train_size", "seed") if len({r[k] for r in data.runs}) > 1]
    panels = []
    for run in data.runs:
        series = [
            Series(_SHORT[metric], *data.curves[run["run_id"]][metric], colour=_COLOUR_OF[metric])
            for metric in figure.metrics
        ]
        named = ", ".join(f"{_LETTER[k]} {run[k]}" for k in varying)
        title = f"{named}: {run['zone']}"
        log_x = figure.descent is None  # dips over time come late
        panels.append(_panel(series, Axes(title=title, log_x=log_x, y_limits=UNIT)))
    return _arranged(panels, look)


def _curves_in_one(figure: Figure, data: FigureData, look: Look) -> Text:
    """All runs in one chart, a colour for each width or size; only its first seed is named."""
    (metric,) = figure.metrics
    key = "width" if len({r["width"] for r in data.runs}) > 1 else "train_size"
    values = sorted({run[key] for run in data.runs})
    series = []
    for value in values:
        runs = [run for run in data.runs if run[key] == value]
        for i, run in enumerate(runs):
            x, y = data.curves[run["run_id"]][metric]
            colour = RUN_COLOURS[values.index(value) % len(RUN_COLOURS)]
            name = f"{_LETTER[key]} {value}" + (f", {len(runs)} seeds" if len(runs) > 1 else "")
            series.append(Series(name, x, y, colour=colour, dim=i > 0))
    limits = UNIT if metric in _SHORT else None
    forked = any(run.get("parent_step") for run in data.runs)  # their steps begin late
    axes = Axes(title=metric.replace("_", " "), log_x=not forked, y_limits=limits)
    return _arranged([_panel(series, axes)], look)


def _lines_over_size(figure: Figure, data: FigureData, look: Look) -> Text:
    widths = sorted({cell["width"] for cell in data.cells})
    bands = len(widths) <= MOST_BANDS
    series = [
        _line(
            f"d {width}",
            [cell for cell in data.cells if cell["width"] == width],
            "train_size",
            "validation",
            RUN_COLOURS[i % len(RUN_COLOURS)],
            band=bands,
        )
        for i, width in enumerate(widths)
    ]
    title = "final validation accuracy over training-set size D"
    return _arranged([_panel(series, Axes(title=title, x_label="D", y_limits=UNIT))], look)


def _lines_over_width(figure: Figure, data: FigureData, look: Look) -> Text:
    panels = []
    tasks = sorted({cell["task"] for cell in data.cells})
    for size, task in sorted({(cell["train_size"], cell["task"]) for cell in data.cells}):
        cells = [c for c in data.cells if (c["train_size"], c["task"]) == (size, task)]
        title = f"D {size}" + (f", {TASKS[task].formula}" if len(tasks) > 1 else "")
        series = [
            _line("training", cells, "width", "train", TRAIN),
            _line("validation", cells, "width", "validation", VALIDATION),
        ]
        panels.append(_panel(series, Axes(title=title, x_label="width d", y_limits=UNIT)))
    return _arranged(panels, look)


def _capacity(figure: Figure, data: FigureData, look: Look) -> Text:
    cells = sorted(data.cells, key=lambda cell: int(cell["width"]))
    series = Series(
        "capacity",
        _array(cells, "width"),
        _array(cells, "capacity"),
        colour=VALIDATION,
        low=_array(cells, "low"),
        high=_array(cells, "high"),
    )
    axes = Axes(title="pairs memorized, of random labels", x_label="width d")
    return _arranged([_panel([series], axes)], look)


def _lines_over_parameters(figure: Figure, data: FigureData, look: Look) -> Text:
    key = (
        "feed_forward" if len({c["feed_forward"] for c in data.cells}) > 1 else "memorization_size"
    )
    names = {"feed_forward": "{}", "memorization_size": "{} memorized"}
    series = []
    for i, value in enumerate(sorted({cell[key] for cell in data.cells})):
        cells = sorted(
            (
                c
                for c in data.cells
                if c[key] == value and c["best_validation_accuracy"] is not None
            ),
            key=lambda cell: int(cell["parameters"]),
        )
        series.append(
            Series(
                names[key].format(value),
                _array(cells, "parameters"),
                _array(cells, "best_validation_accuracy"),
                colour=RUN_COLOURS[i % len(RUN_COLOURS)],
            )
        )
    title = "final validation accuracy of addition, best seed"
    axes = Axes(title=title, x_label="parameters", log_x=True, y_limits=UNIT)
    return _arranged([_panel(series, axes)], look)


_LETTER = {"width": "d", "train_size": "D", "seed": "seed"}

_KINDS: dict[str, Callable[[Figure, FigureData, Look], Text]] = {
    "panels of curves": _panels_of_curves,
    "curves in one": _curves_in_one,
    "lines over size": _lines_over_size,
    "lines over width": _lines_over_width,
    "lines over parameters": _lines_over_parameters,
    "capacity": _capacity,
}

_Panel = Callable[[Look], Text]


def _panel(series: list[Series], axes: Axes) -> _Panel:
    return lambda look: render_chart(
        series, axes, look.width, look.height, marker=look.marker, colour=look.colour
    )


def _line(
    name: str, cells: Sequence[Row], x: str, measure: str, colour: int, *, band: bool = True
) -> Series:
    """The mean over seeds with its band, which is cut off where an accuracy ends."""
    cells = sorted(
        (c for c in cells if c[f"{measure}_accuracy"] is not None), key=lambda c: int(c[x])
    )
    mean, half = _array(cells, f"{measure}_accuracy"), _array(cells, f"{measure}_interval")
    if not band:
        return Series(name, _array(cells, x), mean, colour=colour)
    half = np.nan_to_num(half)
    low, high = np.clip(mean - half, 0.0, 1.0), np.clip(mean + half, 0.0, 1.0)
    return Series(name, _array(cells, x), mean, colour=colour, low=low, high=high)


def _array(cells: Sequence[Row], key: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array(
        [np.nan if cell[key] is None else cell[key] for cell in cells], dtype=np.float64
    )


def _arranged(panels: Sequence[_Panel], look: Look) -> Text:
    """Panels in two columns where there is room."""
    columns = 2 if len(panels) > 1 and look.width >= 2 * LEAST_PANEL + GAP else 1
    width = (look.width - GAP * (columns - 1)) // columns
    own = Look(width, look.height, look.ascii_only, look.colour)
    drawn = [panel(own) for panel in panels]
    rows = [_beside(drawn[i : i + columns], width) for i in range(0, len(drawn), columns)]
    return Text("\n").join(rows)


def _beside(drawn: Sequence[Text], width: int) -> Text:
    lines = []
    for parts in zip_longest(*(text.split("\n", allow_blank=True) for text in drawn)):
        line = Text(no_wrap=True)
        for i, part in enumerate(parts):
            piece = (part or Text()).copy()
            if i + 1 < len(parts):
                piece.pad_right(width + GAP - piece.cell_len)
            line.append_text(piece)
        lines.append(line)
    return Text("\n", no_wrap=True).join(lines)
