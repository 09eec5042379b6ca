"""Which runs are listed and marked, for all views: a mark made in one counts in all."""

from __future__ import annotations

from collections.abc import Iterable

from tui.app.filters import FilterError, Predicate, compile_filter
from tui.app.listing import grouped, groups, listed
from tui.app.runtable import RunTable
from tui.app.state import ViewState


class Selection:
    """The rows of the runs table and the marked runs, by run id and never by position."""

    def __init__(self, table: RunTable, state: ViewState) -> None:
        self._table, self._state = table, state
        self.marked: set[int] = set(state.marked)
        self.ids: list[int] = []
        self.rows: list[int | str] = []
        self.group_members: dict[str, tuple[int, ...]] = {}
        self.wrong = ""
        self._passes: Predicate = lambda run: True

    def set_filter(self, text: str) -> FilterError | None:
        """Use a filter. One that cannot be read changes nothing, and its error is returned."""
        try:
            passes = compile_filter(text, set(self._table.keys))
        except FilterError as error:
            self.wrong = str(error)
            return error
        self.wrong = ""
        self._passes, self._state.filter = passes, text
        self.refresh()
        return None

    def refresh(self) -> None:
        """Work out the rows again: the data, the sort, the groups or the filter changed."""
        table, state = self._table, self._state
        if not len(table):
            self.ids, self.rows, self.group_members = [], [], {}
            return
        try:  # the filter of the last session is read as soon as the keys are known
            self._passes = compile_filter(state.filter, set(table.keys))
        except FilterError as error:
            self.wrong = str(error)
        self.ids = listed(table, self._passes, state.sort, state.descending)
        keys = [key for key in state.group_by if key in table.keys]
        if keys:
            self.rows = grouped(table, self.ids, keys, set(state.folded))
            self.group_members = {g.key: g.run_ids for g in groups(table, self.ids, keys)}
        else:
            self.rows, self.group_members = list(self.ids), {}

    def members(self, row: int | str | None) -> list[int]:
        """The runs that a row of the table stands for."""
        if row is None:
            return []
        return list(self.group_members.get(row, ())) if isinstance(row, str) else [row]

    def toggle(self, run_ids: Iterable[int]) -> None:
        """Mark these runs; if all of them are marked, take the marks away."""
        ids = set(run_ids)
        if ids and ids <= self.marked:
            self.marked -= ids
        else:
            self.marked |= ids
        self._remember()

    def mark(self, run_ids: Iterable[int]) -> None:
        """Mark exactly these runs."""
        self.marked = set(run_ids)
        self._remember()

    def unmark(self) -> None:
        """Take every mark away."""
        self.mark(())

    def marked_here(self) -> list[int]:
        """The marked runs that exist, in the order of the list, then those the filter hides."""
        here = [i for i in self.ids if i in self.marked]
        return here + sorted(i for i in self.marked.difference(here) if i in self._table)

    def _remember(self) -> None:
        self._state.marked = sorted(self.marked)
