"""Paper: the figures of the study, how far each is, its drawing and what it decides."""

from __future__ import annotations

from typing import Any, cast

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical

from tui.app.screens.dialogs import Confirm
from tui.app.scrolling import scrolled
from tui.app.study import FigurePage, FigureState, figure_page, figure_states, page_lines
from tui.app.views.base import View
from tui.app.views.tablemoves import TableMoves
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.latest import Latest
from tui.app.widgets.table import Column, Table
from tui.paper.figures import Scale
from tui.paper.running import set_going
from tui.plots.numbers import format_duration

SECONDS = 3.0  # between two looks at a figure that trains

_COLUMNS = (
    Column("figure", 11),
    Column("state", 16),
    Column("runs", 5, right=True),
    Column("time, about", 11, right=True),
    Column("", 70),
)


class PaperView(TableMoves, View):
    """A figure a line; enter trains what is missing of the cursor's."""

    NAME = "paper"

    def __init__(self) -> None:
        super().__init__()
        self._states: dict[str, FigureState] = {}
        self._seen: object = None
        self._page: FigurePage | None = None
        self._top = 0  # line of the page
        self._list = Latest(self, self._read_states)
        self._draw = Latest(self, self._read_page)

    def compose(self) -> ComposeResult:
        """The figures above the drawing of one."""
        with Vertical():
            yield Table(id="figures", empty="reading …")
            yield Drawing(id="figure")

    def on_mount(self) -> None:
        """A figure that trains fills in while one looks at it."""
        self.query_one("#figure", Drawing).can_focus = False
        self.set_interval(SECONDS, self._tick)

    @property
    def scale(self) -> Scale:
        """The size of the experiments in sight."""
        return "paper" if self.grok.state.paper_scale == "paper" else "laptop"

    @property
    def focused_table(self) -> Table:
        """The list of figures."""
        return self.query_one("#figures", Table)

    @property
    def figure(self) -> FigureState | None:
        """The figure under the cursor."""
        return self._states.get(self.focused_table.key)

    def show(self) -> None:
        """Look now."""
        self.take_focus(self.focused_table)
        self._tick()

    def _tick(self) -> None:
        if self.grok.state.view == self.NAME and self._now() != self._seen:
            self._list()

    def _now(self) -> object:
        """Something that changes whenever the list or the figure in sight may."""
        figure, table = self.figure, self.grok.table
        return self.scale, table.revision(figure.sweep_id or 0 if figure else 0)

    async def _read_states(self) -> None:
        grok, seen = self.grok, self._now()
        states = await grok.blocking(figure_states, grok.store, self.scale)
        if states is None:
            return
        self._seen = seen
        self._states = {one.figure.name: one for one in states}
        self.focused_table.set_rows(_COLUMNS, list(self._states), self._cells)
        grok.paint_bars()
        self._draw()

    def _cells(self, name: str) -> tuple[Text | str, ...]:
        one = self._states[name]
        style = {"done": "green", "not run": "dim"}.get(one.words, "bold")
        time = "" if one.missing is None else format_duration(one.seconds)
        return (name, Text(one.words, style=style), str(one.runs), time, one.title)

    @on(Table.Moved, "#figures")
    def _moved(self) -> None:
        self._top = 0
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """In a small terminal the figure has the room, and the list scrolls."""
        self.set_class(event.size.height >= 34, "tall")

    async def _read_page(self) -> None:
        grok, state = self.grok, self.figure
        if state is None:
            return
        page = await grok.blocking(figure_page, grok.store, state, self.scale)
        if page is not None:
            self._page = page
            self._paint()

    def _paint(self) -> None:
        self.query_one("#figure", Drawing).show(self._draw_page)

    def _draw_page(self, width: int, height: int) -> Text:
        assert self._page is not None
        lines = page_lines(self._page, width, height, ascii_only=self.grok.ascii_only)
        self._top = max(0, min(self._top, len(lines) - height))
        return scrolled(lines, self._top, height, ". and , scroll")

    def do_panel_down(self) -> None:
        """Half a page of the figure on."""
        self._scroll(1)

    def do_panel_up(self) -> None:
        """Half a page of the figure back."""
        self._scroll(-1)

    def _scroll(self, direction: int) -> None:
        if self._page is not None:
            half = max(1, self.query_one("#figure", Drawing).size.height // 2)
            self._top = max(0, self._top + direction * half)
            self._paint()

    def status(self) -> str:
        """Scale, and how many figures are there."""
        done = sum(one.missing is None for one in self._states.values())
        place = self.query_one("#figures", Table).cursor + 1
        return (
            f"{self.scale} scale · {done} of {len(self._states)} figures done · "
            f"figure {place} of {len(self._states)}"
        )

    def targets(self) -> list[int]:
        """The runs of the figure's sweep."""
        sweep = self.figure.sweep_id if self.figure else None
        return [int(run["run_id"]) for run in self.grok.table.runs() if run["sweep_id"] == sweep]

    def why_not(self, action: str) -> str | None:
        """What is done needs no training, what is not run has no grid."""
        figure = self.figure
        if action in ("run_figure", "figure_grid", "export") and figure is None:
            return "The figures are being read."
        if action == "run_figure" and figure and figure.missing is None:
            return f"Nothing is missing of {figure.figure.name}."
        if action == "figure_grid" and figure and figure.sweep_id is None:
            return f"{figure.figure.name} was not run yet; enter runs it."
        return None

    @on(Table.Chosen, "#figures")
    async def _chosen(self) -> None:
        await self.grok.action_do("run_figure")

    # acting

    def do_scale(self) -> None:
        """The other scale."""
        self.grok.state.paper_scale = "laptop" if self.scale == "paper" else "paper"
        self._tick()

    def do_run_figure(self) -> None:
        """Train what is missing, after a question with the price."""
        figure = cast("FigureState", self.figure)
        facts = [
            f"{figure.runs} runs, {figure.words}",
            f"about {format_duration(figure.seconds)} on this machine for all of them",
        ]
        if figure.missing != figure.figure.preset(self.scale):
            facts.append(f"first {figure.missing}, whose runs it goes on from; then enter again")

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._launch(figure))

        self.app.push_screen(Confirm(f"Train {figure.missing}?", facts), answered)

    async def _launch(self, figure: FigureState) -> None:
        grok = self.grok
        sweep = await grok.blocking(
            set_going, grok.store, figure.figure, self.scale, figure.missing, "auto"
        )
        if sweep is not None:
            grok.notify(f"Sweep s{sweep} is in the queue.", markup=False)
        grok.read_soon()
        self._seen = None

    async def do_figure_grid(self) -> None:
        """The figure's sweep in the phase grid."""
        self.grok.state.grid_sweep = cast("FigureState", self.figure).sweep_id or 0
        await self.grok.go_to("grid")

    def do_export(self) -> Any:
        """Write the figure to a file."""
        from tui.app.exporting import export_picture

        name = cast("FigureState", self.figure).figure.name
        return export_picture(self.grok, name, self.query_one("#figure", Drawing).picture)
