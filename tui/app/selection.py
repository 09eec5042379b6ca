"""Which runs are listed and marked, for all views: a mark made in one counts in all."""

from __future__ import annotations

from collections.abc import Iterable

from tui.app.filters import FilterError, compile_filter
from tui.app.listing import Group, passing, passing_after, sorted_runs, tree, unfolded
from tui.app.predicates import Predicate
from tui.app.runtable import RunTable
from tui.app.state import ViewState


class Selection:
    """The rows of the runs table and the marked runs, by run id and never by position."""

    def __init__(self, table: RunTable, state: ViewState) -> None:
        self._table, self._state = table, state
        self.marked: set[int] = set(state.marked)
        self.ids: list[int] = []
        self.rows: list[int | str] = []
        self.groups: dict[str, Group] = {}
        self.group_keys: list[str] = []
        self.wrong = ""
        self._passes: Predicate | None = None
        self.passing: list[int] = []
        """The runs that pass the filter, in no order; another list only where others may."""

    def set_filter(self, text: str) -> FilterError | None:
        """Use a filter. One that cannot be read changes nothing, and its error is returned."""
        try:
            self._passes = self._compiled(text)
        except FilterError as error:
            self.wrong = str(error)
            return error
        self.wrong, self._state.filter = "", text
        self.passing = passing(self._table, self._passes)
        self.arrange()
        return None

    def refresh(self) -> None:
        """Work out the rows again: the data changed."""
        changed = self._table.take_changed()
        if self._passes is None and self._state.filter and len(self._table):
            try:  # the filter of the last session, as soon as the keys are known
                self._passes, changed = self._compiled(self._state.filter), None
            except FilterError as error:
                self.wrong = str(error)
        if changed is None:
            self.passing = passing(self._table, self._passes)
        elif self._passes is not None:  # ten thousand runs take a while, and few have changed
            self.passing = passing_after(self._table, self._passes, self.passing, changed)
        self.arrange()

    def arrange(self) -> None:
        """Work out the rows again: only the sort or the groups changed."""
        table, state = self._table, self._state
        self.ids = sorted_runs(table, self.passing, state.sort, state.descending)
        self.group_keys = [key for key in dict.fromkeys(state.group_by) if key in table.keys]
        if self.group_keys:
            groups = tree(table, self.ids, self.group_keys)
            self.groups = {group.key: group for group in groups}
            self.rows = unfolded(groups, set(state.folded))
        else:
            self.groups, self.rows = {}, list(self.ids)

    def _compiled(self, text: str) -> Predicate | None:
        return compile_filter(text, set(self._table.keys)) if text.strip() else None

    def members(self, row: int | str | None) -> list[int]:
        """The runs that a row of the table stands for."""
        if isinstance(row, str):
            return list(self.groups[row].run_ids) if row in self.groups else []
        return [] if row is None else [row]

    def heading_of(self, row: int | str | None) -> str | None:
        """The heading that a row is right below, or that hides it; None where there is none."""
        depth = self.groups[row].depth if row in self.groups else len(self.group_keys)
        first = next(iter(self.members(row)), None)
        above = [g.key for g in self.groups.values() if g.depth < depth and first in g.run_ids]
        return next(
            (key for key in above if key in self._state.folded), above[-1] if above else None
        )

    def fold(self, key: str, folded: bool) -> None:
        """Hide what is below a heading, or show it."""
        now = self._state.folded
        self._state.folded = [*(k for k in now if k != key), *([key] if folded else [])]
        self.arrange()

    def fold_all(self) -> None:
        """Fold every heading; unfold them if all are folded."""
        all_folded = set(self._state.folded).issuperset(self.groups)
        self._state.folded = [] if all_folded else list(self.groups)
        self.arrange()

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
