"""Moving in a table: the same keys in every view that has one."""

from __future__ import annotations

from tui.app.widgets.table import Table


class TableMoves:
    """The moves of a view, in its table that has the keyboard."""

    @property
    def focused_table(self) -> Table:
        """The table to move in; each view says which."""
        raise NotImplementedError

    def do_down(self) -> None:
        """Next row."""
        self.focused_table.move(1)

    def do_up(self) -> None:
        """Previous row."""
        self.focused_table.move(-1)

    def do_left(self) -> None:
        """Scroll the columns back."""
        self.focused_table.scroll_columns(-1)

    def do_right(self) -> None:
        """Scroll the columns on."""
        self.focused_table.scroll_columns(1)

    def do_first(self) -> None:
        """First row."""
        self.focused_table.move_to(0)

    def do_last(self) -> None:
        """Last row."""
        self.focused_table.move_to(len(self.focused_table.keys) - 1)

    def do_page_down(self) -> None:
        """Half a page on."""
        self.focused_table.page(1)

    def do_page_up(self) -> None:
        """Half a page back."""
        self.focused_table.page(-1)
