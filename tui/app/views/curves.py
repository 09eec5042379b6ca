"""Curves: charts in a grid with one crosshair over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult

from tui.app.charting import X_LABELS, ChartOptions, charts, panels_of
from tui.app.curvecache import CurveKind
from tui.app.viewport import Viewport
from tui.app.views.base import View
from tui.app.views.chartactions import ChartActions, ChartOption
from tui.app.widgets.chartgrid import MOST_CHARTS, ChartGrid
from tui.app.widgets.latest import Latest
from tui.plots.chart import Axes, Series

MOST_RUNS = 60  # more curves than that no eye tells apart; the status says how many there are


class CurvesView(View, ChartActions):
    """The curves of the marked runs, or of the runs table's cursor, or of the newest run."""

    NAME = "curves"

    def __init__(self) -> None:
        super().__init__()
        self.viewport = Viewport()
        self.full_screen: int | None = None
        self.front: int | None = None
        self.only: list[int] = []  # runs that another view handed over
        self._made: list[tuple[list[Series], Axes]] = []
        self._shown: list[int] = []
        self._hidden = 0
        self._load = Latest(self, self._read)

    def compose(self) -> ComposeResult:
        """The charts."""
        yield ChartGrid(id="charts")

    @property
    def chart_grid(self) -> ChartGrid:
        """The charts."""
        return self.query_one(ChartGrid)

    # what is shown

    def show(self) -> None:
        """Draw, and focus the first chart."""
        self.update()
        self.take_focus(self.chart_grid.first)

    def show_only(self, run_ids: Sequence[int]) -> None:
        """Show these runs whatever is marked, until escape."""
        self.only = list(run_ids)
        self.viewport.forget()
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
            self.front,
        )
        runs = [dict(run) for run in grok.table.runs(self._shown)]
        known = grok.curves.get(self._shown, self._kind())
        panels = panels_of(state.metrics)
        self._made = charts(runs, known, panels, options)[:MOST_CHARTS] if runs else []
        xs = [one.x for series, _ in self._made for one in series]
        self.viewport.lie_over(xs, state.x_axis, state.log_x)
        self._paint()

    def _kind(self) -> CurveKind:
        state = self.grok.state
        panels = panels_of(state.metrics)
        return CurveKind.of(state.x_axis, state.log_x, panels, state.smoothing)

    def _paint(self) -> None:
        limits = self.viewport.limits
        made = [(one, replace(axes, x_limits=limits or axes.x_limits)) for one, axes in self._made]
        self.chart_grid.show(made, self._alone, self.grok.marker, self.viewport.crosshair)

    @property
    def _alone(self) -> int | None:
        """The chart in full screen, if it is among those that there are now."""
        full = self.full_screen
        return full if full is not None and full < len(self._made) else None

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
        if self.viewport.limits:
            parts.append("zoomed")
        return " · ".join(parts)

    def why_not(self, action: str) -> str | None:
        """Some actions need a curve."""
        needs = ("crosshair", "zoom_in", "zoom_out", "front", "export", "open")
        return "There is no curve in sight yet." if action in needs and not self._made else None

    # layers

    def back(self) -> bool:
        """Crosshair, zoom, full screen, runs handed over: one at a time."""
        if self.viewport.crosshair is not None:
            self.viewport.toggle_crosshair()
        elif self.viewport.limits is not None:
            self.viewport.reset()
        elif self.full_screen is not None:
            self.full_screen = None
        elif self.only:
            self.only = []
            self.update()
            return True
        else:
            return False
        self._paint()
        return True

    def do_open(self) -> None:
        """The focused chart alone, or all again."""
        self.full_screen = self.chart_grid.chosen if self.full_screen is None else None
        self._paint()

    # options

    def option_changed(self, option: ChartOption) -> None:
        """Draw anew; another set of charts is seen as a whole first."""
        if option == "metrics":
            self.full_screen = None
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
        self.viewport.toggle_crosshair()
        self._paint()

    def do_left(self) -> None:
        """Crosshair or view to the left."""
        self.viewport.step(-1)
        self._paint()

    def do_right(self) -> None:
        """Crosshair or view to the right."""
        self.viewport.step(1)
        self._paint()

    def do_far_left(self) -> None:
        """The crosshair a tenth to the left, or half of the view."""
        self.viewport.leap(-1)
        self._paint()

    def do_far_right(self) -> None:
        """The crosshair a tenth to the right, or half of the view."""
        self.viewport.leap(1)
        self._paint()

    def do_first(self) -> None:
        """To the left end."""
        self.viewport.to_end(-1)
        self._paint()

    def do_last(self) -> None:
        """To the right end."""
        self.viewport.to_end(1)
        self._paint()

    def do_zoom_in(self) -> None:
        """Half the range, around the crosshair or the middle."""
        self.viewport.zoom(0.5)
        self._paint()

    def do_zoom_out(self) -> None:
        """Twice the range."""
        self.viewport.zoom(2.0)
        self._paint()

    def do_reset(self) -> None:
        """The whole range."""
        self.viewport.reset()
        self._paint()

    def do_export(self) -> None:
        """Write the focused chart, or all of them, to a file."""
        from tui.app.exporting import export_charts

        shown = self._made if self._alone is None else [self._made[self._alone]]
        export_charts(self.grok, shown, self.chart_grid.picture)
