"""System: devices, workers, the queue, the store, and who holds the database."""

from __future__ import annotations

from rich.text import Text
from textual import work
from textual.app import ComposeResult

from tui.app.machine import Machine, Report
from tui.app.machinetext import report_lines
from tui.app.scrolling import scrolled
from tui.app.views.base import View
from tui.app.widgets.drawing import Drawing

SECONDS = 2.0


class SystemView(View):
    """Looked at every two seconds while it is in sight, and not otherwise."""

    NAME = "system"

    def compose(self) -> ComposeResult:
        """One drawing."""
        yield Drawing(id="machine")

    def on_mount(self) -> None:
        """Look again and again while in sight."""
        self._machine = Machine(self.grok.store, self.grok.library)
        self._found: Report | None = None
        self._top = self._lines = 0
        self.set_interval(SECONDS, self._tick)

    @property
    def _drawing(self) -> Drawing:
        return self.query_one("#machine", Drawing)

    def show(self) -> None:
        """Look now."""
        self.take_focus(self._drawing)
        self._look()

    def _tick(self) -> None:
        if self.grok.state.view == self.NAME:
            self._look()

    @work(exclusive=True, group="system")
    async def _look(self) -> None:
        found = await self.grok.blocking(self._machine.look)
        if found is not None:
            self._found = found
            self._drawing.show(self._draw)

    def _draw(self, width: int, height: int) -> Text:
        assert self._found is not None
        lines = report_lines(self._found, width)
        self._lines = len(lines)
        return scrolled(lines, self._top, height, "j")

    # scrolling

    def do_down(self) -> None:
        """A line further."""
        self._show_from(self._top + 1)

    def do_up(self) -> None:
        """A line back."""
        self._show_from(self._top - 1)

    def do_page_down(self) -> None:
        """Half a page further."""
        self._show_from(self._top + self._drawing.size.height // 2)

    def do_page_up(self) -> None:
        """Half a page back."""
        self._show_from(self._top - self._drawing.size.height // 2)

    def do_first(self) -> None:
        """The beginning."""
        self._show_from(0)

    def do_last(self) -> None:
        """The end."""
        self._show_from(self._lines)

    def _show_from(self, top: int) -> None:
        self._top = max(0, min(top, self._lines - self._drawing.size.height))
        if self._found is not None:
            self._drawing.show(self._draw)

    # what is done elsewhere

    def why_not(self, action: str) -> str | None:
        """Runs are steered where they can be seen."""
        if action in ("stop", "pause", "resume"):
            return f"System has no runs to {action}: 1 Runs, 2 Curves, 3 Grid and 6 Paper have."
        return None
