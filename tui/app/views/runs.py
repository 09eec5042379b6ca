"""Runs: the table of sweeps and runs, and beside it what is known of the run under the cursor."""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.app.listing import mark_state
from tui.app.options import next_metrics, next_smoothing, next_x
from tui.app.runcells import RunColumns
from tui.app.screens.dialogs import Ask
from tui.app.screens.metrics import choose_metrics
from tui.app.views.base import View
from tui.app.views.sidepanel import SidePanel
from tui.app.views.tablemoves import TableMoves
from tui.app.widgets.table import Table


class RunsView(TableMoves, View):
    """A table keyed by run id; marks, sort, groups and columns are remembered."""

    NAME = "runs"

    def compose(self) -> ComposeResult:
        """The table and the panel beside it."""
        with Horizontal(id="runs-split"):
            yield Table(id="runs-table", empty="No runs yet. Press n to launch one.")
            yield SidePanel()

    def on_mount(self) -> None:
        """Before the first read the table says that it reads."""
        self.columns = RunColumns(self.grok)

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
        self.rows.set_rows(self.columns.headings(), grok.selection.rows, self.columns.cells)
        if grok.following:
            ids = [int(r["run_id"]) for r in grok.table.runs() if r["sweep_id"] == grok.following]
            if ids:
                grok.following = 0
                self.rows.go_to_key(ids[0])
        elif grok.state.cursor_run and self.rows.cursor == 0 and grok.data_version == 1:
            self.rows.go_to_key(grok.state.cursor_run)
        self.panel.show_runs(self.shown_runs())

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
        if grok.selection.wrong:
            parts.append(f"the filter cannot be used: {grok.selection.wrong}")
        if grok.selection.marked:
            parts.append(f"{len(grok.selection.marked)} marked")
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
        """The next tab of the panel."""
        self.panel.turn(1)

    def do_previous(self) -> None:
        """The tab before."""
        self.panel.turn(-1)

    # selecting

    async def do_open(self) -> None:
        """A run: its curves, full size. A group: fold or unfold it."""
        key = self.rows.key
        if isinstance(key, str):
            folded = self.grok.state.folded
            folded.remove(key) if key in folded else folded.append(key)
            self.refresh_rows()
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

    # the table

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
        state.sort = keys[(now + by) % len(keys)]
        self.refresh_rows()

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

        hint = "keys such as sweep, width, train_size; empty for none. space marks a group"
        self.app.push_screen(Ask("Group runs by", ", ".join(state.group_by), hint, check), done)

    def refresh_rows(self) -> None:
        """Sort or groups changed: work the rows out again."""
        self.grok.selection.arrange()
        self.update()
        self.grok.paint_bars()

    # the panel's charts

    def do_metric(self) -> None:
        """The next set of charts."""
        next_metrics(self.grok.state)
        self._show_metrics()

    def do_metrics(self) -> None:
        """A set of charts, or a metric alone, from a list."""
        choose_metrics(self.app, self.grok.state, self._show_metrics)

    def _show_metrics(self) -> None:
        self.panel.show_runs(self.shown_runs())

    def do_log_x(self) -> None:
        """Logarithmic or linear x."""
        self._toggle("log_x")

    def do_log_y(self) -> None:
        """Logarithmic or linear y."""
        self._toggle("log_y")

    def _toggle(self, option: str) -> None:
        setattr(self.grok.state, option, not getattr(self.grok.state, option))
        self.panel.show_runs(self.shown_runs())

    def do_x_axis(self) -> None:
        """The next quantity as x."""
        next_x(self.grok.state)
        self.panel.show_runs(self.shown_runs())

    def do_smooth(self) -> None:
        """The next strength of smoothing."""
        next_smoothing(self.grok.state)
        self.panel.show_runs(self.shown_runs())

    def do_export(self) -> Any:
        """Write the table as CSV, or the chart beside it as text or SVG."""
        from tui.app.exporting import export_runs

        return export_runs(self.grok, self.columns, self.panel.picture)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()
