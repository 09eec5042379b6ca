"""System: devices, workers, the queue, the store, and who holds the database."""

from __future__ import annotations

from functools import partial

from rich.text import Text
from textual import work
from textual.app import ComposeResult

from store.leases import LeaseObserver
from tui.app.machine import Report, report, report_text
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
        self._observer = LeaseObserver(self.grok.store.layout)
        self.set_interval(SECONDS, self._tick)

    def show(self) -> None:
        """Look now."""
        self.take_focus(self.query_one("#machine", Drawing))
        self._look()

    def _tick(self) -> None:
        if self.grok.state.view == self.NAME:
            self._look()

    @work(exclusive=True, group="system")
    async def _look(self) -> None:
        found = await self.grok.blocking(report, self.grok.store, self._observer, self.grok.library)
        if found is not None:
            self.query_one("#machine", Drawing).show(partial(_draw, found))


def _draw(found: Report, width: int, height: int) -> Text:
    lines = report_text(found).split("\n", allow_blank=True)[:height]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)
