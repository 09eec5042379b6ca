"""Curves: charts in a grid with one crosshair over all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Grid

from tui.app.charting import X_LABELS, ChartOptions, charts, panels_of
from tui.app.curvecache import CurveKind
from tui.app.views.base import View
from tui.app.views.chartactions import ChartActions, ChartOption
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.latest import Latest
from tui.plots.chart import Array, Axes, Series, render_chart

MOST_CHARTS = 8
MOST_RUNS = 60  # more curves than that no eye tells apart; the status says how many there are


class CurvesView(View, ChartActions):
    """The curves of the marked runs, or of the runs table's cursor, or of the newest run."""

    NAME = "curves"

    def __init__(self) -> None:
        super().__init__()
        self.crosshair: float | None = None
        self.limits: tuple[float, float] | None = None
        self.full_screen: int | None = None
        self.front: int | None = None
        self.only: list[int] = []  # runs that another view handed over
        self._made: list[tuple[list[Series], Axes]] = []
        self._shown: list[int] = []
        self._hidden = 0
        self._load = Latest(self, self._read)

    def compose(self) -> ComposeResult:
        """As many drawings as there can be charts; those without one are not displayed."""
        with Grid(id="charts"):
            for i in range(MOST_CHARTS):
                yield Drawing(id=f"chart-{i}")

    # what is shown

    def show(self) -> None:
        """Draw, and focus the first chart."""
        self.update()
        self.take_focus(self.query_one("#chart-0", Drawing))

    def show_only(self, run_ids: Sequence[int]) -> None:
        """Show these runs whatever is marked, until escape."""
        self.only = list(run_ids)
        self.limits = self.crosshair = None
        self.update()

    def targets(self) -> list[int]:
        """The runs in sight."""
        grok = self.grok
        if self.only:
            return [i for i in self.only if i in grok.table]
        marked = grok.selection.marked_here()
        if marked:
            return marked
        if grok.state.cursor_run in grok.table:
            return [grok.state.cursor_run]
        return grok.table.run_ids[-1:]

    def update(self) -> None:
        """The data or an option changed."""
        if self.grok.data_version:
            self._load()

    async def _read(self) -> None:
        grok = self.grok
        targets = self.targets()
        self._shown, self._hidden = targets[:MOST_RUNS], max(0, len(targets) - MOST_RUNS)
        kind = self._kind()
        missing = grok.curves.missing(self._shown, kind)
        if len(missing) < len(self._shown):
            self._draw()
        if missing:
            await grok.blocking(grok.curves.read, missing, kind)
            self._draw()
        grok.paint_bars()

    def _draw(self) -> None:
        grok, state = self.grok, self.grok.state
        options = ChartOptions(
            state.x_axis,
            state.log_x,
            state.log_y,
            state.smoothing,
            state.bands,
            self.limits,
            self.front,
        )
        runs = [dict(run) for run in grok.table.runs(self._shown)]
        known = grok.curves.get(self._shown, self._kind())
        panels = panels_of(state.metrics)
        self._made = charts(runs, known, panels, options)[:MOST_CHARTS] if runs else []
        self._paint()

    def _kind(self) -> CurveKind:
        state = self.grok.state
        panels = panels_of(state.metrics)
        return CurveKind.of(state.x_axis, state.log_x, panels, state.smoothing)

    def _paint(self) -> None:
        count = len(self._made)
        grid = self.query_one("#charts", Grid)
        full = (
            self.full_screen if self.full_screen is not None and self.full_screen < count else None
        )
        columns = 1 if full is not None else _columns(count, self.size.width, self.size.height)
        grid.styles.grid_size_columns = columns
        for i, drawing in enumerate(self.query(Drawing)):
            drawing.display = i == full if full is not None else i < count
            if drawing.display:
                series, axes = self._made[i]
                drawing.show(
                    partial(
                        _draw_chart,
                        series,
                        axes,
                        self.grok.marker,
                        self.crosshair,
                        full is not None,
                    )
                )

    def on_resize(self, event: events.Resize) -> None:
        """More or fewer columns of charts."""
        self._paint()

    def status(self) -> str:
        """How many runs, and every option that changes how curves look."""
        state = self.grok.state
        if not self._shown:
            return "no runs to show" if self.grok.data_version else "reading …"
        parts = [f"{len(self._shown)} run{'s' if len(self._shown) > 1 else ''}"]
        if self._hidden:
            parts.append(f"{self._hidden} more are not drawn")
        parts.append(state.metrics)
        parts.append(("log " if state.log_x else "") + X_LABELS[state.x_axis])
        if state.log_y:
            parts.append("log y")
        if state.smoothing:
            parts.append(f"smoothed {state.smoothing:g}")
        if state.bands:
            parts.append("mean and 95 % band over seeds")
        if self.limits:
            parts.append("zoomed")
        return " · ".join(parts)

    def why_not(self, action: str) -> str | None:
        """Some actions need a curve."""
        needs = ("crosshair", "zoom_in", "zoom_out", "front", "export", "open")
        return "There is no curve in sight yet." if action in needs and not self._made else None

    # layers

    def back(self) -> bool:
        """Crosshair, zoom, full screen, runs handed over: one at a time."""
        if self.crosshair is not None:
            self.crosshair = None
        elif self.limits is not None:
            self.limits = None
        elif self.full_screen is not None:
            self.full_screen = None
        elif self.only:
            self.only = []
            self.update()
            return True
        else:
            return False
        self._draw()
        return True

    def do_open(self) -> None:
        """The focused chart alone, or all again."""
        focused = self.app.focused
        place = list(self.query(Drawing)).index(focused) if isinstance(focused, Drawing) else 0
        self.full_screen = None if self.full_screen is not None else place
        self._paint()

    # options

    def option_changed(self, option: ChartOption) -> None:
        """Draw anew; what was in sight on another x, or in another set of charts, is left."""
        if option == "metrics":
            self.full_screen = None
        if option in ("log_x", "x_axis"):
            self.limits = None
        if option == "x_axis":
            self.crosshair = None
        self.update()

    def do_bands(self) -> None:
        """Mean and band over seeds, or every run."""
        self.grok.state.bands = not self.grok.state.bands
        self._draw()

    def do_front(self) -> None:
        """The next run is drawn over the others."""
        if self._shown:
            now = self._shown.index(self.front) if self.front in self._shown else -1
            self.front = self._shown[(now + 1) % len(self._shown)]
            self._draw()

    # crosshair, zoom, pan

    def do_crosshair(self) -> None:
        """The crosshair in the middle of the range, or none."""
        points = self._points()
        if self.crosshair is not None or not len(points):
            self.crosshair = None
        else:
            middle = self._nearest(points, sum(self._range()) / 2)
            self.crosshair = self._from_axis(float(points[middle]))
        self._paint()

    def do_left(self) -> None:
        """Crosshair or view to the left."""
        self._move(-1)

    def do_right(self) -> None:
        """Crosshair or view to the right."""
        self._move(1)

    def do_far_left(self) -> None:
        """A tenth to the left."""
        self._move(-10)

    def do_far_right(self) -> None:
        """A tenth to the right."""
        self._move(10)

    def do_first(self) -> None:
        """To the left end."""
        self._move(-1000)

    def do_last(self) -> None:
        """To the right end."""
        self._move(1000)

    def do_zoom_in(self) -> None:
        """Half the range, around the crosshair or the middle."""
        self._zoom(0.5)

    def do_zoom_out(self) -> None:
        """Twice the range."""
        self._zoom(2.0)

    def do_reset(self) -> None:
        """The whole range."""
        self.limits = None
        self._draw()

    def _move(self, hundredths: int) -> None:
        low, high = self._range()
        by = (high - low) * hundredths / 100
        if self.crosshair is not None:
            points = self._points()
            at = self._nearest(points, self._to_axis(self.crosshair))
            if abs(hundredths) > 1:
                target = self._nearest(points, float(points[at]) + by)
            else:
                target = at + hundredths
            self.crosshair = self._from_axis(float(points[min(max(target, 0), len(points) - 1)]))
            self._paint()
        elif self.limits is not None:
            first, last = self._data_range()
            by = min(max(by * 5, first - low), last - high)
            self.limits = (self._from_axis(low + by), self._from_axis(high + by))
            self._draw()

    def _zoom(self, factor: float) -> None:
        low, high = self._range()
        first, last = self._data_range()
        centre = self._to_axis(self.crosshair) if self.crosshair is not None else (low + high) / 2
        half = (high - low) * factor / 2
        if 2 * half >= last - first:
            self.limits = None
        else:
            low = min(max(centre - half, first), last - 2 * half)
            self.limits = (self._from_axis(low), self._from_axis(low + 2 * half))
        self._draw()

    @staticmethod
    def _nearest(points: Array, position: float) -> int:
        return int(np.argmin(np.abs(points - position)))

    def _points(self) -> Array:
        """Every x of every curve in sight, in axis coordinates."""
        xs = [
            s.x[s.x > 0] if self.grok.state.log_x else s.x for made, _ in self._made for s in made
        ]
        values = np.unique(np.concatenate(xs)) if xs else np.empty(0)
        return np.log10(values) if self.grok.state.log_x else values

    def _data_range(self) -> tuple[float, float]:
        points = self._points()
        return (float(points[0]), float(points[-1])) if len(points) else (0.0, 1.0)

    def _range(self) -> tuple[float, float]:
        if self.limits is None:
            return self._data_range()
        return self._to_axis(self.limits[0]), self._to_axis(self.limits[1])

    def _to_axis(self, x: float) -> float:
        return math.log10(x) if self.grok.state.log_x else x

    def _from_axis(self, position: float) -> float:
        return float(10.0**position) if self.grok.state.log_x else position

    def do_export(self) -> None:
        """Write the focused chart, or all of them, to a file."""
        from tui.app.exporting import export_charts

        focused = self.app.focused
        drawings = [d for d in self.query(Drawing) if d.display]
        place = (
            drawings.index(focused) if isinstance(focused, Drawing) and focused in drawings else 0
        )
        shown = self._made if self.full_screen is None else [self._made[self.full_screen]]
        picture = drawings[place].picture if drawings else Text()
        export_charts(self.grok, shown, picture)


def _draw_chart(
    series: list[Series], axes: Axes, marker: Any, crosshair: float | None, full: bool,
    width: int, height: int,
) -> Text:  # fmt: skip
    rows = 6 if full else 3
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
