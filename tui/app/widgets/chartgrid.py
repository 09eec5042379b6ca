"""Charts beside and below each other, or one of them alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Grid

from tui.app.widgets.drawing import Drawing
from tui.plots.chart import Axes, Marker, Series, render_chart
from tui.plots.readout import render_with_readout

MOST_CHARTS = 8
LEAST_HEIGHT = 9  # lines: title, legend and axis leave five for the curves
FEW = 6  # curves whose values a legend has room for

Chart = tuple[list[Series], Axes]


class ChartGrid(Grid):
    """As many drawings as there can be charts; those without one are not displayed."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._drawings = [Drawing() for _ in range(MOST_CHARTS)]

    def compose(self) -> ComposeResult:
        """The drawings."""
        yield from self._drawings

    def show(
        self,
        made: Sequence[Chart],
        in_sight: range,
        alone: int | None,
        marker: Marker,
        crosshair: float | None,
        nothing: str,
    ) -> None:
        """Draw the charts ``in_sight``; the one that is ``alone`` has a longer legend.

        Without any, the first drawing says ``nothing``.
        """
        draw = _draw if alone is None else _draw_alone
        for i, drawing in enumerate(self._drawings):
            drawing.display = i in in_sight or (i == 0 and not made)
            if i in in_sight:
                drawing.show(partial(draw, made[i], marker, crosshair))
        if not made:
            self.first.show(lambda width, height: Text(nothing, style="dim"))
        self._choose_columns()

    def on_resize(self, event: events.Resize) -> None:
        """More or fewer columns."""
        self._choose_columns()

    def _choose_columns(self) -> None:
        count = sum(drawing.display for drawing in self._drawings)
        self.styles.grid_size_columns = arranged(count, *self.size)[0]

    def drawing(self, place: int) -> Drawing:
        """One of the charts."""
        return self._drawings[place]

    @property
    def first(self) -> Drawing:
        """The first drawing."""
        return self._drawings[0]

    @property
    def chosen(self) -> int:
        """Which chart has the keyboard; the first in sight where none has."""
        seen = [i for i, drawing in enumerate(self._drawings) if drawing.display]
        return next((i for i in seen if self._drawings[i].has_focus), seen[0] if seen else 0)

    @property
    def picture(self) -> Text:
        """The chosen chart as it is shown."""
        return self._drawings[self.chosen].picture


def _draw(chart: Chart, marker: Marker, crosshair: float | None, width: int, height: int) -> Text:
    series, axes = chart
    return render_chart(
        series, axes, width, height, marker=marker, crosshair=crosshair, legend_rows=3
    )


def _draw_alone(
    chart: Chart, marker: Marker, crosshair: float | None, width: int, height: int
) -> Text:
    """With every value at the crosshair, where the legend has no room for them."""
    series, axes = chart
    if crosshair is not None and len(series) > FEW:
        return render_with_readout(series, axes, width, height, marker=marker, crosshair=crosshair)
    return render_chart(
        series, axes, width, height, marker=marker, crosshair=crosshair, legend_rows=6
    )


def arranged(count: int, width: int, height: int) -> tuple[int, int]:
    """In how many columns charts are, and how many of them have room.

    Each comes as near as it can to a good shape: nearly twice as wide as high. A cell of a
    terminal is about twice as high as wide.
    """
    count = max(1, count)
    most_rows = max(1, height // LEAST_HEIGHT) if height else count

    def distance(columns: int) -> tuple[int, float]:
        shown = min(count, columns * most_rows)
        shape = max(1, width) / columns * -(-shown // columns) / (2 * max(1, height))
        return -shown, abs(math.log(shape / 1.8))

    columns = min(range(1, max(1, min(count, width // 40)) + 1), key=distance)
    return columns, min(count, columns * most_rows)
