"""Beside the runs table: live curves, the configuration, the log and the checkpoints of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from tui.app.charting import ChartOptions, charts, panels_of
from tui.app.curvecache import CurveKind
from tui.app.details import checkpoint_text, detail_text, log_tail, log_text
from tui.app.library import Curves
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.latest import Latest
from tui.app.widgets.names import Names
from tui.plots.chart import render_chart

if TYPE_CHECKING:
    from tui.app.app import GrokApp

TABS = ("Curves", "Details", "Log", "Checkpoints")
MOST_CURVES = 24


class SidePanel(Vertical):
    """Tabs over one drawing. What is shown follows the runs that it is given."""

    def __init__(self) -> None:
        super().__init__(id="side-panel")
        self._tab = 0
        self._ids: list[int] = []
        self._top = 0  # lines of text, or charts, above the edge
        self._most_top = 0
        self._show = Latest(self, self._read)
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        """The names of the tabs, and the drawing."""
        yield Names(id="side-tabs")
        yield Drawing(id="side-drawing")

    def on_mount(self) -> None:
        """The first tab; the keyboard stays with the table."""
        self.query_one(Drawing).can_focus = False
        self._paint_tabs()

    @property
    def grok(self) -> GrokApp:
        """The app."""
        return cast("GrokApp", self.app)

    @property
    def picture(self) -> Text:
        """What is shown now."""
        return self.query_one(Drawing).picture

    def scroll_on(self, direction: int) -> bool:
        """Half a page of text on or back, or a chart; whether there was anywhere to go."""
        by = 1 if self._tab == 0 else max(1, self.query_one(Drawing).size.height // 2)
        top = min(max(0, self._top + direction * by), self._most_top)
        moved, self._top = top != self._top, top
        if moved:
            self._drawn = None
            self._show()
        return moved

    def turn(self, by: int) -> None:
        """The next tab, or the one before."""
        self._go_to((self._tab + by) % len(TABS))

    @on(Names.Chosen)
    def _tab_clicked(self, message: Names.Chosen) -> None:
        self._go_to(message.place)

    def _go_to(self, tab: int) -> None:
        self._tab, self._top = tab, 0
        self._paint_tabs()
        self.show_runs(self._ids)

    def show_runs(self, run_ids: Sequence[int]) -> None:
        """Show these runs: their curves, or what the tab says of the first of them."""
        ids = [i for i in run_ids if i in self.grok.table]
        if self._tab and ids[:1] != self._ids[:1]:
            self._top = 0
        self._ids = ids
        self._show()

    async def _read(self) -> None:
        grok, drawing = self.grok, self.query_one(Drawing)
        if self._tab or not self._ids:
            self._drawn = None
        if not self._ids:
            drawing.show(lambda width, height: Text())
            return
        if self._tab == 0:
            await self._show_curves(drawing)
            return
        run = dict(grok.table.run(self._ids[0]))
        if TABS[self._tab] == "Details":
            events = await grok.blocking(grok.library.rows, "events", run["run_id"])
            text = detail_text(run, events or [])
        elif TABS[self._tab] == "Log":
            text = log_text(await grok.blocking(log_tail, grok.store.layout, run["worker_id"]))
        else:
            rows = await grok.blocking(grok.library.rows, "checkpoints", run["run_id"])
            text = checkpoint_text(rows or [], grok.store.root)
        drawing.show(partial(self._draw_lines, list(text.split("\n"))))

    async def _show_curves(self, drawing: Drawing) -> None:
        grok, state = self.grok, self.grok.state
        shown = self._ids[:MOST_CURVES]
        options = ChartOptions(state.x_axis, state.log_x, state.log_y, state.smoothing)
        panels = panels_of(state.metrics)
        kind = CurveKind.of(options.x, options.log_x, panels, options.smoothing)
        marks = [grok.table.values(key, shown) for key in ("memorized_at", "generalized_at")]
        versions = [grok.table.version(i) for i in shown]
        wanted = (self._ids, versions, marks, options, panels, grok.marker)
        if wanted == self._drawn:
            return
        missing = grok.curves.missing(shown, kind)
        known = grok.curves.get(shown, kind)
        if len(missing) < len(shown):
            drawing.show(self._stack(shown, known, panels, options))
        if missing:
            await grok.blocking(grok.curves.read, missing, kind)
            known = grok.curves.get(shown, kind)
            drawing.show(self._stack(shown, known, panels, options))
        self._drawn = None if grok.curves.missing(shown, kind) else wanted

    def _stack(
        self, ids: Sequence[int], known: Curves, panels: Any, options: ChartOptions
    ) -> Callable[[int, int], Text]:
        runs = [dict(run) for run in self.grok.table.runs(ids)]
        draw = partial(self._draw_stack, charts(runs, known, panels, options), self.grok.marker)
        hidden = len(self._ids) - len(ids)
        return (
            draw if not hidden else partial(_with_notice, draw, f"{hidden} more runs are not drawn")
        )

    def _paint_tabs(self) -> None:
        self.query_one(Names).show(TABS, self._tab, Text("  [ ]", style="dim"), others="dim")

    def _draw_stack(self, made: Sequence[Any], marker: Any, width: int, height: int) -> Text:
        """Charts below each other, as many as there is room for."""
        count = min(len(made), max(1, height // 9))
        self._most_top = len(made) - count
        self._top = min(self._top, self._most_top)
        parts = []
        for i, (series, axes) in enumerate(made[self._top : self._top + count]):
            rows = height // count + (1 if i < height % count else 0)
            parts.append(render_chart(series, axes, width, rows, marker=marker, legend_rows=3))
        return Text("\n").join(parts)

    def _draw_lines(self, lines: Sequence[Text], width: int, height: int) -> Text:
        """As many lines as there is room for, and where the others are."""
        self._most_top = len(lines) - height + 1 if len(lines) > height else 0
        self._top = min(self._top, self._most_top)
        shown = [line.copy() for line in lines[self._top :][:height]]
        if self._most_top:
            below = len(lines) - self._top - height + 1
            where = f"{below} more lines below" if below else f"{self._top} lines above"
            shown[height - 1 :] = [Text(f"… {where}: . and , scroll", style="bold")]
        for line in shown:
            line.truncate(width, overflow="ellipsis")
        return Text("\n").join(shown)


def _with_notice(draw: Callable[[int, int], Text], notice: str, width: int, height: int) -> Text:
    return draw(width, height - 1).append("\n" + notice[:width], style="bold")
