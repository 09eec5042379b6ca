"""Curves: charts in a grid with one crosshair over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult

from tui.app.bands import whole_groups
from tui.app.charting import ChartOptions, charts, panels_of
from tui.app.curvecache import CurveKind
from tui.app.options import in_words
from tui.app.viewport import Viewport
from tui.app.views.base import View, filter_words
from tui.app.views.chartactions import ChartActions, ChartOption
from tui.app.views.viewportactions import ViewportActions
from tui.app.widgets.chartgrid import MOST_CHARTS, ChartGrid, arranged
from tui.app.widgets.latest import Latest
from tui.plots.chart import Axes, Series

NO_RUNS = "No runs yet. Press n to launch a sweep."
MOST_RUNS = 60  # more curves than that no eye tells apart; the status says how many there are


class CurvesView(View, ChartActions, ViewportActions):
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
        self._averaged: list[int] = []
        self._hidden = 0
        self._page = 0  # the first chart in sight, where not all have room
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
        if grok.state.bands and len(targets) > MOST_RUNS:
            self._shown, self._averaged = whole_groups(grok.table, targets, MOST_RUNS)
        else:
            self._shown = self._averaged = targets[:MOST_RUNS]
        self._hidden = len(targets) - len(self._shown)
        kind = self._kind()
        missing = grok.curves.missing(self._shown, kind)
        if len(missing) < len(self._shown) or not targets:
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
        runs = [dict(run) for run in grok.table.runs(self._averaged)]
        known = grok.curves.get(self._shown, self._kind())
        panels = panels_of(state.metrics)
        self._made = charts(runs, known, panels, options)[:MOST_CHARTS] if runs else []
        xs = [one.x for series, _ in self._made for one in series]
        self.viewport.lie_over(xs, state.x_axis, state.log_x)
        self.paint_charts()

    def _kind(self) -> CurveKind:
        state = self.grok.state
        panels = panels_of(state.metrics)
        return CurveKind.of(state.x_axis, state.log_x, panels, state.smoothing)

    def paint_charts(self) -> None:
        """Draw what is in sight; where not every chart has room, some of them."""
        limits = self.viewport.limits
        made = [(one, replace(axes, x_limits=limits or axes.x_limits)) for one, axes in self._made]
        self.chart_grid.show(
            made,
            self._in_sight,
            self._alone,
            self.grok.marker,
            self.viewport.crosshair,
            NO_RUNS if self.grok.data_version and not len(self.grok.table) else "",
        )

    def on_resize(self, event: events.Resize) -> None:
        """More charts have room, or fewer."""
        self.paint_charts()
        if self.grok.view is self:
            self.grok.paint_bars()

    @property
    def _room(self) -> int:
        """How many charts have room."""
        return arranged(len(self._made), *self.size)[1]

    @property
    def _in_sight(self) -> range:
        """The charts in sight."""
        if self._alone is not None:
            return range(self._alone, self._alone + 1)
        start = self._page // self._room * self._room if self._page < len(self._made) else 0
        return range(start, min(len(self._made), start + self._room))

    @property
    def _alone(self) -> int | None:
        """The chart in full screen, if it is among those that there are now."""
        full = self.full_screen
        return full if full is not None and full < len(self._made) else None

    def status(self) -> str:
        """The filter, how many runs and charts, and every option that changes how curves look."""
        grok, state = self.grok, self.grok.state
        if not self._shown:
            return "no runs to show" if grok.data_version else "reading …"
        parts = filter_words(grok)
        seen, count = self._in_sight, len(self._shown)
        if len(seen) < len(self._made):
            which = f"{seen[0] + 1}" if len(seen) == 1 else f"{seen[0] + 1}–{seen[-1] + 1}"
            parts.append(f"chart {which} of {len(self._made)} ([ ])")
        drawn = f"{count} of {count + self._hidden} runs drawn"
        parts.append(drawn if self._hidden else f"{count} run{'s' if count > 1 else ''}")
        marked = len(grok.selection.marked.intersection(self._shown))
        if marked:
            parts[-1] += ", marked" if marked == count else f", {marked} marked"
        if state.filter and (hidden := set(self._shown).difference(grok.selection.ids)):
            parts.append(f"{len(hidden)} hidden by the filter")
        if self.front in self._shown and count > 1:
            parts.append(f"{self.front} in front")
        parts += in_words(state)
        if self.viewport.limits:
            parts.append("zoomed")
        return " · ".join(parts)

    def why_not(self, action: str) -> str | None:
        """Some actions need a curve, or something to move, turn to or take away."""
        if action == "unmark" and not self.grok.selection.marked:
            return "No run is marked."
        if self._made:
            return self._why_not_now(action)
        needs = ("crosshair", "zoom_in", "zoom_out", "front", "down", "up", "left", "right",
                 "far_left", "far_right", "first", "last", "reset", "mark_front", "export", "open",
                 "next", "previous")  # fmt: skip
        return "There is no curve in sight yet." if action in needs else None

    def _why_not_now(self, action: str) -> str | None:
        several = len(self._shown) > 1
        if action == "mark_front" and several and self.front not in self._shown:
            return "There is no run in front: j and k bring one there, and space marks it."
        if action in ("front", "down", "up") and not several:
            return "There is one run in sight; mark several to go through them."
        if action in ("next", "previous") and len(self._in_sight) == len(self._made):
            return "Every chart is in sight."
        return self.viewport.why_not(action)

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
        self.paint_charts()
        return True

    def do_open(self) -> None:
        """The focused chart alone, or all again."""
        self.full_screen = self.chart_grid.chosen if self.full_screen is None else None
        self.paint_charts()

    # options

    def option_changed(self, option: ChartOption) -> None:
        """Draw anew; another set of charts is seen as a whole first."""
        if option == "metrics":
            self.full_screen, self._page = None, 0
        self.update()

    def do_bands(self) -> None:
        """Mean and band over seeds, or every run."""
        self.grok.state.bands = not self.grok.state.bands
        self.update()

    # which chart, which run

    def do_next(self) -> None:
        """The next chart in full screen, else those that have no room."""
        self._turn(1)

    def do_previous(self) -> None:
        """The chart or charts before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        count, room = len(self._made), self._room
        if self._alone is not None:
            self.full_screen = self._page = (self._alone + by) % count
        else:
            pages = -(-count // room)
            self._page = (self._in_sight[0] // room + by) % pages * room
        self.paint_charts()
        self.take_focus(self.chart_grid.drawing(self._in_sight[0]))

    def do_front(self) -> None:
        """The next run is drawn over the others, and is first in the legend."""
        self._bring(1)

    def do_down(self) -> None:
        """The next run to the front."""
        self._bring(1)

    def do_up(self) -> None:
        """The run before to the front."""
        self._bring(-1)

    def _bring(self, by: int) -> None:
        if self._shown:
            place = 0 if by > 0 else -1
            if self.front is not None and self.front in self._shown:
                place = self._shown.index(self.front) + by
            self.front = self._shown[place % len(self._shown)]
            self._draw()

    def do_mark_front(self) -> None:
        """Mark the run in front; or take its mark away, then the next one is in front."""
        front = self.front
        run_id = front if front is not None and front in self._shown else self._shown[0]
        if run_id in self.grok.selection.marked and not self.only and len(self._shown) > 1:
            self._bring(1)
        self.grok.selection.toggle([run_id])
        self.update()

    def do_export(self) -> None:
        """Write the focused chart, or all of them, to a file."""
        from tui.app.exporting import export_charts

        shown = self._made if self._alone is None else [self._made[self._alone]]
        export_charts(self.grok, shown, self.chart_grid.picture)
