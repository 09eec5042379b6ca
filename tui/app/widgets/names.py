"""Names in a row, one of them current: the views in the header, the tabs of the side panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static


class Names(Static):
    """A click on a name chooses it; what stands behind the names is text only."""

    @dataclass
    class Chosen(Message):
        """A name was clicked: the one at ``place``, counted from 0."""

        names: Names
        place: int

        @property
        def control(self) -> Names:
            """The names, for ``@on`` selectors."""
            return self.names

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._widths: list[int] = []
        self._shown = ""

    def show(self, names: Sequence[str], current: int, rest: Text, others: str = "") -> None:
        """Show the names, those that are not current in the style ``others``, and then ``rest``."""
        text = Text(no_wrap=True, overflow="ellipsis")
        for place, name in enumerate(names):
            text.append(f" {name} ", style="reverse bold" if place == current else others)
        self._widths = [len(name) + 2 for name in names]
        text.append_text(rest)
        if text.markup != self._shown:  # painted again only where it differs
            self._shown = text.markup
            self.update(text, layout=False)

    def on_click(self, event: events.Click) -> None:
        """Find the name below the pointer."""
        end = 0
        for place, width in enumerate(self._widths):
            end += width
            if event.x < end:
                self.post_message(self.Chosen(self, place))
                return
