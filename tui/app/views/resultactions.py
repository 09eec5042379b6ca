"""What can be done with the results of SQL: turn over, plot, export, use as the selection."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from store import query
from tui.app.exporting import ask_file
from tui.app.querying import PlotChoice, plot, statements_until
from tui.app.resultrows import cells_of, columns_of, whole_row
from tui.app.screens.dialogs import Choose
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.table import Table
from tui.plots.svg import text_to_svg

if TYPE_CHECKING:
    from tui.app.views.sql import SqlView


class ResultActions:
    """Mixed into the SQL view. Several statements give several results; one of them is in sight."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[query.Result] = []
        self.choice = PlotChoice()
        self._place = 0
        self._plotted = False
        self._asked = ""

    @property
    def _view(self) -> SqlView:
        return cast("SqlView", self)

    @property
    def result(self) -> query.Result | None:
        """The result in sight."""
        return self.results[self._place] if self.results else None

    def show_results(self, text: str, results: list[query.Result]) -> None:
        """Show the last of the results that ``text`` gave."""
        self._asked, self.results = text, results
        self._turn_to(len(results) - 1)

    def _turn_to(self, place: int) -> None:
        result = self.results[place]
        self._place, self.choice = place, PlotChoice.guess(result)
        table = self._view.query_one("#result", Table)
        table.set_rows(columns_of(result), range(len(result.rows)), cells_of(result))
        table.move_to(0)
        table.update_lines()
        several = f"result {place + 1} of {len(self.results)}, [ and ] turn; "
        runs = "  U marks these runs" if "run_id" in result.columns else ""
        keys = "enter shows a row whole, v plots, x exports"
        self._view.say(f"{several if len(self.results) > 1 else ''}{rows_of(result)}; {keys}{runs}")
        self._show_plot()

    def do_next(self) -> None:
        """The next result."""
        self._turn(1)

    def do_previous(self) -> None:
        """The result before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self._turn_to((self._place + by) % len(self.results))

    def do_whole_row(self) -> None:
        """The row of the cursor, whole: each column a line."""
        table, result = self._view.query_one("#result", Table), self.result
        if result is None:
            self._view.grok.notify(NO_RESULT, severity="warning", markup=False)
        elif table.key is not None:
            title = f"Row {table.key + 1} of {len(result.rows)}"
            self._view.app.push_screen(Choose(title, whole_row(result, table.key), 28))

    # the plot

    def do_plot(self) -> None:
        """Plot or table."""
        self._plotted = not self._plotted
        self.shown.display = True
        other = self._view.query_one("#result" if self._plotted else "#plot")
        other.display = False
        self.shown.focus()
        self._show_plot()

    @property
    def shown(self) -> Drawing | Table:
        """What shows the result now."""
        if self._plotted:
            return self._view.query_one("#plot", Drawing)
        return self._view.query_one("#result", Table)

    def _show_plot(self) -> None:
        if self._plotted and self.result is not None:
            draw = partial(plot, self.result, self.choice, self._view.grok.marker)
            self._view.query_one("#plot", Drawing).show(draw)

    def do_plot_x(self) -> None:
        """The next numeric column as x."""
        self._choose("x")

    def do_plot_y(self) -> None:
        """The next numeric column as y."""
        self._choose("y")

    def do_plot_colour(self) -> None:
        """The next column as colour, or none."""
        self._choose("colour")

    def do_plot_scales(self) -> None:
        """Linear axes, logarithmic x, logarithmic y, both."""
        self._choose("scales")

    def do_marker(self) -> None:
        """The next way to draw charts, this one among them."""
        self._view.grok.do_marker()
        self._show_plot()

    def _choose(self, what: str) -> None:
        if self.result is not None:
            self.choice = self.choice.next(what, self.result)
            self._show_plot()

    # elsewhere

    async def do_use_runs(self) -> None:
        """Mark the runs of the result."""
        result, grok = self.result, self._view.grok
        if result is None:
            return
        place = result.columns.index("run_id")
        ids = [int(row[place]) for row in result.rows if row[place] in grok.table]
        grok.selection.mark(ids)
        await grok.go_to("runs")
        grok.notify(f"{len(ids)} runs are marked.", markup=False)

    def do_export(self) -> None:
        """All rows as CSV, JSON or Parquet; the plot as text or SVG."""
        text = statements_until(self._asked, self._place)
        picture, store = self._view.query_one("#plot", Drawing).picture, self._view.grok.store

        def write(path: Path, kind: str) -> None:
            if kind == "txt":
                path.write_text(picture.plain + "\n", encoding="utf-8")
            elif kind == "svg":
                path.write_text(text_to_svg(picture, "SQL"), encoding="utf-8")
            else:
                query.to_file(store, text, path, cast("query.Format", kind))

        formats = ["csv", "json", "parquet"]
        ask_file(
            self._view.grok, "result", ["svg", "txt", *formats] if self._plotted else formats, write
        )

    def why_not(self, action: str) -> str | None:
        """Some actions need a result, one of them with run ids."""
        result = self.result
        if action in _NEED_RESULT and result is None:
            return NO_RESULT
        if action in ("next", "previous") and len(self.results) < 2:
            return "There is one result: several statements give several."
        if action == "use_runs" and result and "run_id" not in result.columns:
            return "The result has no column run_id."
        if action in _OF_PLOT and not self._plotted:
            return "There is no plot in sight: v plots the result."
        return None


NO_RESULT = "There is no result yet: F5 runs the query."
_OF_PLOT = frozenset({"marker", "plot_x", "plot_y", "plot_colour", "plot_scales"})
_NEED_RESULT = _OF_PLOT | {"plot", "use_runs", "export", "next", "previous"}


def rows_of(result: query.Result) -> str:
    """How many rows there are, in words."""
    count: Any = len(result.rows)
    return f"{count} row{'s' if count != 1 else ''}"
