"""A picture made of text, such as a chart or grid: drawn off the event loop, repainted by line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region
from textual.strip import Strip

from tui.app.widgets.latest import Latest
from tui.app.widgets.painting import paint
from tui.app.widgets.steady import Steady

Draw = Callable[[int, int], Text]
"""From width and height in cells to a text of at most that size."""


class Drawing(Steady, can_focus=True):
    """Shows what a pure function draws for the widget's size.

    :meth:`show` may be called as often as wished: drawings that are out of date before they are
    made are skipped, and lines that come out the same are not painted again.
    """

    DEFAULT_CSS = """
    Drawing { background: $surface; }
    """

    def __init__(self, draw: Draw | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw = draw
        self._make = Latest(self, self._paint)
        self._lines: list[list[Segment]] = []
        self._base = Style()
        self.picture = Text()
        """What is shown now."""

    def show(self, draw: Draw) -> None:
        """Draw anew."""
        self._draw = draw
        self._redraw()

    def on_mount(self) -> None:
        """Redraw in another theme's colours."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._redraw())

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self._redraw()

    def _redraw(self) -> None:
        if self._draw is not None and self.size.width and self.size.height and self.is_attached:
            self._make()

    async def _paint(self) -> None:
        assert self._draw is not None
        width, height = self.content_size
        try:
            text, lines = await asyncio.to_thread(self._make_lines, self._draw, width, height)
        except Exception as error:  # one drawing that fails must not take the app with it
            self.log.error(error)
            text = Text(f"This cannot be drawn: {error}", style="bold")
            lines = [paint(text, self.app)]
        before, self._lines, self.picture = self._lines, lines, text
        if len(before) != len(lines):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def _make_lines(self, draw: Draw, width: int, height: int) -> tuple[Text, list[list[Segment]]]:
        text = draw(width, height)
        return text, [paint(line, self.app) for line in text.split("\n", allow_blank=True)]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some lines; their common style is worked out once, which takes longer than a line."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the picture."""
        line = self._lines[y] if y < len(self._lines) else []
        return Strip(line).adjust_cell_length(self.size.width).apply_style(self._base)
