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

MOST_CHARTS = 8

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
        self, made: Sequence[Chart], alone: int | None, marker: Marker, crosshair: float | None
    ) -> None:
        """Draw these charts, or ``alone`` of them with a longer legend."""
        rows = 3 if alone is None else 6
        for i, drawing in enumerate(self._drawings):
            drawing.display = i < len(made) if alone is None else i == alone
            if drawing.display:
                drawing.show(partial(_draw, made[i], marker, crosshair, rows))
        self._choose_columns()

    def on_resize(self, event: events.Resize) -> None:
        """More or fewer columns."""
        self._choose_columns()

    def _choose_columns(self) -> None:
        count = sum(drawing.display for drawing in self._drawings)
        self.styles.grid_size_columns = _columns(count, self.size.width, self.size.height)

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


def _draw(
    chart: Chart, marker: Marker, crosshair: float | None, rows: int, width: int, height: int
) -> Text:
    series, axes = chart
    return render_chart(
        series, axes, width, height, marker=marker, crosshair=crosshair, legend_rows=rows
    )


def _columns(count: int, width: int, height: int) -> int:
    """Columns of charts such that each comes nearest to a good shape: nearly twice as wide as high.

    A cell of a terminal is about twice as high as wide.
    """

    def distance(columns: int) -> float:
        rows = -(-count // columns)
        shape = max(1, width) / columns * rows / (2 * max(1, height))
        return abs(math.log(shape / 1.8))

    return min(range(1, max(1, min(count, width // 40)) + 1), key=distance) if count else 1
