"""Runs: the table of sweeps and runs, and beside it what is known of the run under the cursor."""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.app.listing import mark_state
from tui.app.runcells import FIXED, RunColumns
from tui.app.views.arranging import Arranging
from tui.app.views.base import View
from tui.app.views.chartactions import ChartActions, ChartOption
from tui.app.views.sidepanel import SidePanel
from tui.app.views.tablemoves import TableMoves
from tui.app.widgets.table import Table


class RunsView(View, TableMoves, Arranging, ChartActions):
    """A table keyed by run id; marks, sort, groups and columns are remembered."""

    NAME = "runs"

    def compose(self) -> ComposeResult:
        """The table and the panel beside it."""
        with Horizontal(id="runs-split"):
            yield Table(id="runs-table")
            yield SidePanel()

    def on_mount(self) -> None:
        """Nothing is known before the first read."""
        self.columns = RunColumns(self.grok)
        self._small = self._opened = False

    @property
    def rows(self) -> Table:
        """The table."""
        return self.query_one("#runs-table", Table)

    @property
    def focused_table(self) -> Table:
        """The only one."""
        return self.rows

    @property
    def panel(self) -> SidePanel:
        """What is beside the table."""
        return self.query_one(SidePanel)

    def on_resize(self, event: events.Resize) -> None:
        """Beside each other where there is room, else below, else the table alone."""
        wide, tall = event.size.width >= 110, event.size.height >= 26
        self.set_class(wide, "wide")
        self.set_class(not wide and tall, "tall")
        self._small = not wide and not tall
        self._open(self._opened)

    def _open(self, opened: bool) -> bool:
        """Where both have no room: the panel over a few rows, or the table alone; if that is new.

        The table stays under the keys, so that one can go through the runs in front of the panel.
        """
        new = self._small and opened is not self._opened
        self._opened = opened and self._small
        self.set_class(self._opened, "opened")
        if new:
            self.grok.paint_bars()
        return new

    def back(self) -> bool:
        """Close the panel where it is in the table's place."""
        return self._opened and self._open(False)

    def show(self) -> None:
        """Bring the table up to date and focus it."""
        self.update()
        self.take_focus(self.rows)

    def update(self) -> None:
        """The data, the selection or an option changed."""
        grok = self.grok
        if not grok.data_version:
            return
        self.columns.choose()
        hidden_by = grok.selection.heading_of(self.rows.key)
        if hidden_by in grok.state.folded:
            self.rows.go_to_key(hidden_by)
        self.rows.empty = (
            "No run passes the filter; esc clears it."
            if len(grok.table)
            else "No runs yet. Press n to launch one."
        )
        columns = self.columns.headings()
        self.rows.set_rows(columns, grok.selection.rows, self.columns.cells, fixed=FIXED)
        if grok.following:
            ids = [int(r["run_id"]) for r in grok.table.runs() if r["sweep_id"] == grok.following]
            if ids:
                grok.following = 0
                self._follow(ids)
        elif grok.state.cursor_run and self.rows.cursor == 0 and grok.data_version == 1:
            self._go_to_run(grok.state.cursor_run)
        self.panel.show_runs(self.shown_runs())

    def _follow(self, ids: list[int]) -> None:
        """Go to the run that trains first, with the others in sight, and to its curve."""
        new = set(ids)
        self._go_to_run(next((i for i in self.grok.selection.ids if i in new), ids[0]))
        self._go_to_run(ids[0])
        self.reveal_headings()
        self._open(True)

    def _go_to_run(self, run_id: int) -> None:
        if not self.rows.go_to_key(run_id):
            self.rows.go_to_key(self.grok.selection.heading_of(run_id))

    def shown_runs(self) -> list[int]:
        """The runs whose curves are beside the table: the marked ones, else the cursor's."""
        marked = self.grok.selection.marked_here()
        return marked or self.grok.selection.members(self.rows.key)

    def targets(self) -> list[int]:
        """The marked runs, else those of the cursor's row."""
        return self.shown_runs()

    def status(self) -> str:
        """The filter in force, so that it is in sight in a narrow terminal too; then the rest."""
        grok = self.grok
        parts = [f"filter: {grok.state.filter}"] if grok.state.filter else []
        found = f"{len(grok.selection.ids)} of {len(grok.table)} runs"
        parts.append(found if grok.data_version else "reading …")
        if self._small:
            parts.append("esc table" if self._opened else "] panel")
        if grok.selection.wrong:
            parts.append(f"the filter cannot be used: {grok.selection.wrong}")
        if grok.selection.marked:
            hidden = len(grok.selection.marked.difference(grok.selection.ids))
            parts.append(
                f"{len(grok.selection.marked)} marked" + (f", {hidden} hidden" if hidden else "")
            )
        if grok.selection.groups:
            parts.append(f"grouped by {', '.join(grok.selection.group_keys)}")
        parts.append(f"by {grok.state.sort} {'↓' if grok.state.descending else '↑'}")
        return " · ".join(parts)

    @on(Table.Moved, "#runs-table")
    def _moved(self, message: Table.Moved) -> None:
        if isinstance(message.key, int):
            self.grok.state.cursor_run = message.key
        self.panel.show_runs(self.shown_runs())

    @on(Table.Chosen, "#runs-table")
    async def _chosen(self) -> None:
        await self.do_open()

    # the panel's tabs

    def do_next(self) -> None:
        """The next tab of the panel; the one it has if it was not in sight."""
        if not self._open(True):
            self.panel.turn(1)

    def do_previous(self) -> None:
        """The tab before."""
        if not self._open(True):
            self.panel.turn(-1)

    def do_panel_down(self) -> None:
        """Half a page of what the panel says, or its next chart."""
        self._open(True)
        self.panel.scroll_on(1)

    def do_panel_up(self) -> None:
        """Half a page back, or the chart before."""
        self._open(True)
        self.panel.scroll_on(-1)

    # the tree of groups

    def do_left(self) -> None:
        """Fold the heading; from a folded one, or a run in the first columns, go to that above."""
        key = self.rows.key
        if isinstance(key, str) and key not in self.grok.state.folded:
            self._fold(key, True)
        elif isinstance(key, str) or not self.rows.scroll_columns(-1):
            self.rows.go_to_key(self.grok.selection.heading_of(key))

    def do_right(self) -> None:
        """Unfold the heading; from an open one go to what is below it; on a run scroll on."""
        key = self.rows.key
        if not isinstance(key, str):
            super().do_right()
        elif key in self.grok.state.folded:
            self._fold(key, False)
        else:
            self.rows.move(1)

    def _fold(self, key: str, folded: bool) -> None:
        self.grok.selection.fold(key, folded)
        self.update()

    def do_fold_all(self) -> None:
        """Fold every heading, or unfold them all."""
        self.grok.selection.fold_all()
        self.update()

    def why_not(self, action: str) -> str | None:
        """Without groups there is nothing to fold."""
        if action == "fold_all" and not self.grok.selection.groups:
            return "There are no groups; B makes some."
        return None

    # selecting

    async def do_open(self) -> None:
        """A run: its curves, full size. A group: fold or unfold it."""
        key = self.rows.key
        if isinstance(key, str):
            self._fold(key, key not in self.grok.state.folded)
        elif key is not None:
            await self.grok.go_to("curves")

    def do_mark(self) -> None:
        """Mark the row's runs, and go on to the next row."""
        self.grok.selection.toggle(self.grok.selection.members(self.rows.key))
        self.rows.move(1)
        self.update()

    def do_mark_all(self) -> None:
        """Mark every run that the filter lets pass; all of them again: unmark."""
        selection = self.grok.selection
        if mark_state(selection.ids, selection.marked):
            selection.unmark()
        else:
            selection.mark(selection.ids)
        self.update()

    def do_unmark(self) -> None:
        """Take every mark away."""
        self.grok.selection.unmark()
        self.update()

    def do_pin(self) -> None:
        """Make this run the baseline, or no run if it was."""
        key = self.rows.key
        if isinstance(key, int):
            self.grok.state.baseline = 0 if self.grok.state.baseline == key else key
            self.update()

    # the panel's charts

    def option_changed(self, option: ChartOption) -> None:
        """Draw them again, where nobody sees them too: then they are brought into sight."""
        self._open(True)
        self.panel.show_runs(self.shown_runs())

    def do_export(self) -> Any:
        """Write the table as CSV, or the chart beside it as text or SVG."""
        from tui.app.exporting import export_runs

        return export_runs(self.grok, self.columns, self.panel.picture)
