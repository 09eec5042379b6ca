"""A table of any number of rows that draws only what is in sight.

Textual's DataTable needs seconds for ten thousand rows and moves the cursor when it is refilled.
Here rows are keys; a function makes the cells of a key when its line is drawn; the cursor and the
scroll position belong to keys, so live updates move nothing under the user's fingers; and an
update repaints only the lines that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.app.widgets.painting import paint
from tui.app.widgets.steady import Steady

Cells = Sequence[Text | str]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and the width of its cells; ``right`` aligns numbers."""

    title: str
    width: int
    right: bool = False


class Spanning(Text):
    """A cell that takes the rest of its line, over all columns; it does not scroll sideways."""


class Table(Steady, ScrollView, can_focus=True):
    """Rows by key, one line each, below a fixed heading."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--heading",
        "table--cursor",
        "table--cursor-in-focus",  # not :focus, for which Textual would repaint every line
    }
    DEFAULT_CSS = """
    Table { background: $surface; scrollbar-size-horizontal: 0; scrollbar-size-vertical: 1; }
    Table > .table--heading { text-style: bold; background: $panel; }
    Table > .table--cursor { background: $primary 40%; text-style: bold; }
    Table > .table--cursor-in-focus { background: $primary; color: $text; text-style: bold; }
    """

    cursor = reactive(0, repaint=False)

    @dataclass
    class Moved(Message):
        """The cursor is on another row."""

        table: Table
        key: Any

        @property
        def control(self) -> Table:
            """The table, for ``@on`` selectors."""
            return self.table

    @dataclass
    class Chosen(Message):
        """Enter, or a click on the row of the cursor."""

        table: Table
        key: Any

        @property
        def control(self) -> Table:
            """The table, for ``@on`` selectors."""
            return self.table

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:
        super().__init__(id=id)
        self.columns: Sequence[Column] = ()
        self.keys: Sequence[Any] = ()
        self.empty = empty
        self._position: dict[Hashable, int] = {}
        self._cells: Callable[[Any], Cells] = lambda key: ()
        self._drawn: dict[int, list[Segment]] = {}
        self._fresh: dict[int, list[Segment]] = {}  # made to compare, and about to be painted
        self._styles = (Style(), Style(), Style())
        self._laid_out = (Size(), Size())
        self._left = 0
        self._fixed = 0  # cells at the left that stay when the others scroll sideways

    def set_rows(
        self,
        columns: Sequence[Column],
        keys: Sequence[Any],
        cells: Callable[[Any], Cells],
        *,
        fixed: int = 0,
    ) -> None:
        """Show these rows. The cursor stays on its key, or where it was if that is gone.

        The first ``fixed`` columns stay in sight when the others scroll sideways.
        """
        before = self.key
        place = self.cursor - round(self.scroll_y)
        relaid = list(columns) != list(self.columns) or len(keys) != len(self.keys)
        if keys is not self.keys:
            self._position = {key: i for i, key in enumerate(keys)}
        self.columns, self.keys, self._cells = columns, keys, cells
        self._fixed = sum(column.width + 1 for column in columns[:fixed])
        self._left = min(self._left, self._most_left)
        self._fresh.clear()
        index = self._position.get(before, min(self.cursor, max(0, len(keys) - 1)))
        moved = index != self.cursor
        with self.prevent(Table.Moved):
            self.set_reactive(Table.cursor, index)
        if relaid:
            self.virtual_size = Size(self.size.width, len(keys) + 1)
        # forced: a table that was empty, or short, has no scrollbar until it is laid out again
        if moved:
            self.scroll_to(y=max(0, index - place), animate=False, force=True, immediate=True)
        if relaid or moved:
            self._drawn.clear()
            self.refresh()
        else:
            self.update_lines()
        if self.key != before:
            self.post_message(Table.Moved(self, self.key))

    def update_lines(self) -> None:
        """Repaint the lines in sight whose cells have changed, and no others."""
        for y in range(1, self.size.height):
            row = round(self.scroll_y) + y - 1
            line = self._line(row)
            if self._drawn.get(y) != line:
                self._fresh[row] = line
                self.refresh(Region(0, y, self.size.width, 1))

    @property
    def key(self) -> Any:
        """The key under the cursor, or None."""
        return self.keys[self.cursor] if 0 <= self.cursor < len(self.keys) else None

    def go_to_key(self, key: Any) -> bool:
        """Put the cursor on ``key``; whether it is here."""
        if key not in self._position:
            return False
        self.move_to(self._position[key])
        return True

    def move(self, by: int) -> None:
        """Move the cursor by some rows."""
        self.move_to(self.cursor + by)

    def move_to(self, row: int) -> None:
        """Move the cursor to a row, the nearest there is, and scroll it into sight."""
        if self.keys:
            self.cursor = min(max(0, row), len(self.keys) - 1)

    def page(self, direction: int) -> None:
        """Move by half of what is in sight."""
        self.move(direction * max(1, (self.size.height - 1) // 2))

    def scroll_columns(self, by: int) -> bool:
        """Shift the columns sideways; whether there was anywhere to go."""
        return self._shift_to(self._left + by * 8)

    def show_column(self, place: int) -> None:
        """Shift the columns sideways until the one at ``place`` is in sight, if it is not."""
        start = sum(column.width + 1 for column in self.columns[:place])
        end = start + self.columns[place].width
        if start >= self._fixed:
            left = max(self._left, end - self.size.width)
            self._shift_to(min(left, start - self._fixed))

    def _shift_to(self, left: int) -> bool:
        left = min(max(0, left), self._most_left)
        moved, self._left = left != self._left, left
        if moved:
            self._repaint()
        return moved

    @property
    def _most_left(self) -> int:
        return max(0, sum(column.width + 1 for column in self.columns) - self.size.width)

    def watch_cursor(self, before: int, now: int) -> None:
        """Repaint the two lines and tell whoever is interested."""
        self._scroll_to_cursor()
        for row in (before, now):
            self._repaint_row(row)
        self.post_message(Table.Moved(self, self.key))

    def _scroll_to_cursor(self) -> None:
        top, room = round(self.scroll_y), max(1, self.size.height - 1)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True, immediate=True)
        elif self.cursor >= top + room:
            y = self.cursor - room + 1
            self.scroll_to(y=y, animate=False, force=True, immediate=True)

    def reveal(self, key: Any) -> None:
        """Scroll back to a row above those in sight, if the cursor can stay in sight with it."""
        row = self._position.get(key, self.cursor)
        if row < round(self.scroll_y) and self.cursor - row < self.size.height - 1:
            self.scroll_to(y=row, animate=False, force=True, immediate=True)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor looks different with the keyboard; no style of the table's does."""
        self._repaint_row(self.cursor)

    def _repaint_row(self, row: int) -> None:
        y = row - round(self.scroll_y) + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def on_mount(self) -> None:
        """Repaint in another theme's colours."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._repaint())

    def _repaint(self) -> None:
        self._drawn.clear()
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Adjust the scroll range to the new size.

        Textual also tells the same size again, of a view that comes back into sight.
        """
        size = Size(event.size.width, len(self.keys) + 1)
        if (event.size, size) == self._laid_out:
            return
        self._laid_out = (event.size, size)
        self._left = min(self._left, self._most_left)
        self.virtual_size = size
        self._drawn.clear()
        self._scroll_to_cursor()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; on the cursor, or twice, it chooses."""
        row = event.y - 1 + round(self.scroll_y)
        if event.y < 1 or row >= len(self.keys):
            return
        if row == self.cursor or event.chain > 1:
            self.post_message(Table.Chosen(self, self.key))
        self.move_to(row)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some lines; their styles are worked out once, which takes longer than a line."""
        base = self.rich_style
        heading = base + self.get_component_rich_style("table--heading", partial=True)
        name = "table--cursor-in-focus" if self.has_focus else "table--cursor"
        cursor = base + self.get_component_rich_style(name, partial=True)
        self._styles = (base, heading, cursor)
        strips = super().render_lines(crop)
        self._fresh.clear()
        return strips

    def render_line(self, y: int) -> Strip:
        """One line: the heading, a row, or nothing."""
        width = self.size.width
        base, heading_style, cursor_style = self._styles
        if y == 0:
            heading = [Text(column.title, no_wrap=True) for column in self.columns]
            strip = Strip(self._join(heading)).adjust_cell_length(width)
            return strip.apply_style(heading_style)
        row = round(self.scroll_y) + y - 1
        line = self._drawn[y] = self._fresh[row] if row in self._fresh else self._line(row)
        style = cursor_style if row == self.cursor and self.keys else base
        strip = Strip(line).adjust_cell_length(width)
        if row == self.cursor and self.has_focus:
            # the colours of cells need not be legible on the cursor's
            return Strip(Segment.apply_style(strip, style, Style(color=style.color)), width)
        return strip.apply_style(style)

    def _line(self, row: int) -> list[Segment]:
        if not self.keys and row == 0 and self.empty:
            return [Segment(self.empty, Style(dim=True))]
        if not 0 <= row < len(self.keys):
            return []
        return self._join(self._cells(self.keys[row]))

    def _join(self, cells: Cells) -> list[Segment]:
        """A line in as few segments as there are styles: each costs at five places on its way."""
        segments: list[Segment] = []
        plain = ""  # what has no style and is not in a segment yet
        room = self._left + self.size.width
        for column, cell in zip(self.columns, cells, strict=False):
            if isinstance(cell, Spanning):
                return [*segments, Segment(plain), *paint(cell, self.app)]
            if room <= 0:
                break
            room -= column.width + 1
            text = cell if isinstance(cell, Text) else literal(cell)
            width = cell_len(text.plain if isinstance(text, Text) else text)
            if width > column.width:
                text = text.copy() if isinstance(text, Text) else Text(text, no_wrap=True)
                text.truncate(column.width, overflow="ellipsis")
                width = cell_len(text.plain)
            gap = " " * (column.width - width)
            if isinstance(text, Text):
                before, after = (gap, " ") if column.right else ("", gap + " ")
                segments += [Segment(plain + before), *paint(text, self.app)]
                plain = after
            else:
                plain += (gap + text if column.right else text + gap) + " "
        segments.append(Segment(plain))
        if self._left:
            strip, fixed = Strip(segments), self._fixed
            end = self._left + self.size.width
            return [*strip.crop(0, fixed), *strip.crop(self._left + fixed, end)]
        return segments


def literal(value: Any) -> str:
    """A value as one line of text: control characters and line ends are shown, not obeyed.

    Right-to-left marks and overrides are control characters too: they would move other cells.
    """
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
