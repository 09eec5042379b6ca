"""The lines above and below the views; each is repainted only where it differs."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.widgets import Static

from tui.app.actions import VIEWS, footer_of
from tui.app.widgets.names import Names
from tui.app.widgets.table import literal

ROOM_FOR_NAMES = 100  # columns; with fewer, what the view says counts more than the others' names


class Header(Names):
    """The views with their digits, what the one in sight says, and what is wrong."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._said = (VIEWS[0], "", "")

    def show_view(self, view: str, status: str, trouble: str) -> None:
        """Show what holds for ``view``."""
        self._said = (view, status, trouble)
        self._say()

    def on_resize(self, event: events.Resize) -> None:
        """There may be room for every name now, or no longer."""
        self._say()

    def _say(self) -> None:
        view, status, trouble = self._said
        wide = self.size.width >= ROOM_FOR_NAMES
        names = [
            f"{digit} {name.title() if name != 'sql' else 'SQL'}"
            if wide or name == view
            else str(digit)
            for digit, name in enumerate(VIEWS, 1)
        ]
        rest = Text("  " + literal(status))
        if trouble:
            rest.append("  " + literal(trouble), style="bold reverse")
        self.show(names, VIEWS.index(view), rest)


class Footer(Static):
    """The keys of the view's most likely actions."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._view = ""

    def show_view(self, view: str) -> None:
        """Show the keys of ``view``."""
        if view == self._view:
            return
        self._view = view
        text = Text(no_wrap=True, overflow="ellipsis")
        for action in footer_of(view):
            text.append(f" {action.key_names.split()[0]} ", style="bold")
            text.append(action.title + " ", style="dim")
        self.update(text, layout=False)
