"""The actions by which the runs table is ordered: by which column, in which groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.app.filters import ALIASES
from tui.app.runcells import RunColumns
from tui.app.screens.dialogs import Ask, Choose
from tui.app.widgets.table import Table

if TYPE_CHECKING:
    from tui.app.app import GrokApp


class Arranging:
    """Mixed into the view with the table of runs."""

    columns: RunColumns

    @property
    def grok(self) -> GrokApp:
        """The app."""
        raise NotImplementedError

    @property
    def rows(self) -> Table:
        """The table."""
        raise NotImplementedError

    def update(self) -> None:
        """Show the rows as they are now."""
        raise NotImplementedError

    def do_sort_next(self) -> None:
        """Sort by the column to the right."""
        self._sort(1)

    def do_sort_previous(self) -> None:
        """Sort by the column to the left."""
        self._sort(-1)

    def _sort(self, by: int) -> None:
        keys = self.columns.sortable
        state = self.grok.state
        now = keys.index(state.sort) if state.sort in keys else 0
        self._sort_by(keys[(now + by) % len(keys)])

    def do_sort(self) -> None:
        """Choose the column to sort by from a list."""

        def chosen(key: str | None) -> None:
            if key is not None:
                self._sort_by(key)

        title = self.columns.title
        lines = [
            (key, title(key), key if title(key) != key else "") for key in self.columns.sortable
        ]
        self.grok.push_screen(Choose("Sort the runs by", lines, 24), chosen)

    def _sort_by(self, key: str) -> None:
        self.grok.state.sort = key
        self.refresh_rows()
        self.rows.show_column(self.columns.place(key))

    def do_reverse(self) -> None:
        """Turn the order round."""
        self.grok.state.descending = not self.grok.state.descending
        self.refresh_rows()

    def do_columns(self) -> None:
        """All configuration keys, or those that differ."""
        self.grok.state.all_columns = not self.grok.state.all_columns
        self.update()

    def do_group(self) -> None:
        """Ask for the keys to group by."""
        state, keys = self.grok.state, self.grok.table.keys

        def check(text: str) -> str | None:
            unknown = [key for key in _words(text) if key not in keys]
            return f"Runs have no key '{unknown[0]}'." if unknown else None

        def done(text: str | None) -> None:
            if text is not None:
                state.group_by, state.folded = _words(text), []
                self.refresh_rows()
                self.reveal_headings()

        hint = "keys such as sweep, width, the outermost first; empty for none. space marks a group"
        self.grok.push_screen(Ask("Group runs by", ", ".join(state.group_by), hint, check), done)

    def reveal_headings(self) -> None:
        """The cursor's run keeps its line; what it now belongs to is not left above the edge."""
        heading_of = self.grok.selection.heading_of
        heading = heading_of(self.rows.key)
        while heading is not None:
            self.rows.reveal(heading)
            heading = heading_of(heading)

    def refresh_rows(self) -> None:
        """Sort or groups changed: work the rows out again."""
        self.grok.selection.arrange()
        self.update()
        self.grok.paint_bars()


def _words(text: str) -> list[str]:
    return [ALIASES.get(word, word) for word in text.replace(",", " ").split()]
