"""SQL: an editor, the schema, results of any size, and a plot of what came out."""

from __future__ import annotations

from functools import partial
from typing import Any

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static, TextArea

from store import query
from store.errors import DatabaseHeld, StoreError
from tui.app.exporting import ask_file
from tui.app.querying import KEYWORDS, PlotChoice, last_statement, plot, shipped_queries, words_like
from tui.app.resultrows import cells_of, columns_of
from tui.app.screens.dialogs import Ask
from tui.app.screens.queries import choose_query
from tui.app.views.base import View
from tui.app.views.schemalist import SchemaList
from tui.app.views.tablemoves import TableMoves
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.editor import Editor
from tui.app.widgets.table import Table, literal

MOST_ROWS = 10_000  # in the table; a file has them all


class SqlView(TableMoves, View):
    """Read-only SQL over the store, in a thread; escape cancels."""

    NAME = "sql"

    def __init__(self) -> None:
        super().__init__()
        self.result: query.Result | None = None
        self.choice = PlotChoice()
        self._plotted = False
        self._asked = ""
        self._cancel: query.Cancel | None = None

    def compose(self) -> ComposeResult:
        """Editor and result, and the schema beside them."""
        with Horizontal():
            with Vertical(id="sql-left"):
                yield Editor(id="editor")
                yield Static(id="sql-say")
                yield Table(id="result")
                yield Drawing(id="plot")
            yield SchemaList(id="schema")

    def on_mount(self) -> None:
        """The query of the last session, or one to begin with."""
        shipped = shipped_queries()
        editor = self.query_one(Editor)
        editor.text = self.grok.state.sql or shipped["Zones of each sweep"]
        self.query_one("#plot", Drawing).display = False
        self.say("F5 or ctrl+r runs, tab completes, esc leaves the editor, ^o lists queries")

    def on_resize(self, event: events.Resize) -> None:
        """The schema is shown where there is room for it."""
        self.set_class(event.size.width >= 110, "wide")

    def show(self) -> None:
        """Focus the editor; read the schema once."""
        self.take_focus(self.query_one(Editor))
        if not self.query_one(SchemaList).keys:
            self._read_schema()

    @work(exclusive=True, group="schema")
    async def _read_schema(self) -> None:
        rows = await self.grok.blocking(self.grok.library.rows, "schema")
        if rows:
            schema = self.query_one(SchemaList)
            schema.show_schema(rows)
            self.query_one(Editor).words = sorted({*KEYWORDS, *schema.names})

    def say(self, words: str, wrong: bool = False) -> None:
        """One line below the editor."""
        line = self.query_one("#sql-say", Static)
        line.update(Text(words if wrong else literal(words), overflow="fold"))
        line.set_class(wrong, "wrong")

    def status(self) -> str:
        """What is running, or how many rows there are."""
        if self._cancel is not None:
            return "running … esc cancels"
        if self.result is None:
            return "read-only; the store and its exports folder"
        cap = f"the first {MOST_ROWS} rows, x exports all" if self.result.truncated else ""
        return cap or _rows(self.result)

    # the editor

    @on(TextArea.Changed)
    def _typed(self) -> None:
        editor = self.query_one(Editor)
        self.grok.state.sql = editor.text
        word = editor.word()
        if len(word) >= 2:
            found = [w for w in words_like(word, editor.words) if w.casefold() != word.casefold()]
            self.say("  ".join(found[:14]))

    def do_edit(self) -> None:
        """Back into the editor."""
        self.query_one(Editor).focus()

    def back(self) -> bool:
        """Cancel the query, else leave the editor."""
        if self._cancel is not None:
            self._cancel()
            return True
        if self.query_one(Editor).has_focus:
            (
                self.query_one("#plot", Drawing)
                if self._plotted
                else self.query_one("#result", Table)
            ).focus()
            return True
        return False

    def do_execute(self) -> None:
        """Run what is selected in the editor, or all of it."""
        editor = self.query_one(Editor)
        text = editor.selected_text.strip() or editor.text.strip()
        if text and self._cancel is None:
            history = self.grok.state.sql_history
            if not history or history[-1] != text:
                history.append(text)
            self._asked = text
            self._execute(text)

    @work(exclusive=True, group="sql")
    async def _execute(self, text: str) -> None:
        cancel = self._cancel = query.Cancel()
        self.grok.paint_bars()

        def ask() -> query.Result | str:
            try:
                return query.run(self.grok.store, text, MOST_ROWS, cancel=cancel)
            except DatabaseHeld:
                raise  # the header says who holds it
            except StoreError as error:
                return str(error)

        try:
            answer = await self.grok.blocking(ask)
        finally:
            self._cancel = None
        if isinstance(answer, str):
            self.say(answer, wrong=True)
        elif answer is not None:
            self.result, self.choice = answer, PlotChoice.guess(answer)
            self._show_result()
        self.grok.paint_bars()

    def _show_result(self) -> None:
        result = self.result
        if result is None:
            return
        table = self.query_one("#result", Table)
        table.set_rows(columns_of(result), range(len(result.rows)), cells_of(result))
        table.move_to(0)
        table.update_lines()
        runs = "  U marks these runs" if "run_id" in result.columns else ""
        self.say(f"{_rows(result)}; v plots, x exports{runs}")
        self._show_plot()

    # the result

    def do_plot(self) -> None:
        """Plot or table."""
        self._plotted = not self._plotted
        drawing, table = self.query_one("#plot", Drawing), self.query_one("#result", Table)
        drawing.display, table.display = self._plotted, not self._plotted
        (drawing if self._plotted else table).focus()
        self._show_plot()

    def _show_plot(self) -> None:
        if self._plotted and self.result is not None:
            draw = partial(plot, self.result, self.choice, self.grok.state.log_x, self.grok.marker)
            self.query_one("#plot", Drawing).show(draw)

    def do_plot_x(self) -> None:
        """The next numeric column as x."""
        self._choose("x")

    def do_plot_y(self) -> None:
        """The next numeric column as y."""
        self._choose("y")

    def do_plot_colour(self) -> None:
        """The next column as colour, or none."""
        self._choose("colour")

    def _choose(self, what: str) -> None:
        if self.result is not None:
            self.choice = self.choice.next(what, self.result)
            self._show_plot()

    async def do_use_runs(self) -> None:
        """Mark the runs of the result."""
        result = self.result
        if result is None:
            return
        place = result.columns.index("run_id")
        ids = [int(row[place]) for row in result.rows if row[place] in self.grok.table]
        self.grok.selection.mark(ids)
        await self.grok.go_to("runs")
        self.grok.notify(f"{len(ids)} runs are marked.", markup=False)

    def why_not(self, action: str) -> str | None:
        """Some actions need a result, one of them with run ids."""
        if (
            action in ("plot", "plot_x", "plot_y", "plot_colour", "use_runs", "export")
            and self.result is None
        ):
            return "There is no result yet: F5 runs the query."
        if action == "use_runs" and self.result and "run_id" not in self.result.columns:
            return "The result has no column run_id."
        return None

    def do_export(self) -> None:
        """All rows as CSV, JSON or Parquet; the plot as text or SVG."""
        text, picture = last_statement(self._asked), self.query_one("#plot", Drawing).picture

        def write(path: Any, kind: str) -> None:
            if kind == "txt":
                path.write_text(picture.plain + "\n", encoding="utf-8")
            elif kind == "svg":
                from tui.plots.svg import text_to_svg

                path.write_text(text_to_svg(picture, "SQL"), encoding="utf-8")
            else:
                query.to_file(self.grok.store, text, path, kind)  # type: ignore[arg-type]

        formats = ["csv", "json", "parquet"]
        ask_file(self.grok, "result", ["svg", "txt", *formats] if self._plotted else formats, write)

    # queries

    def do_queries(self) -> None:
        """Choose a query; it replaces what is in the editor."""

        def chosen(text: str) -> None:
            editor = self.query_one(Editor)
            editor.text = text
            editor.move_cursor(editor.document.end)
            editor.focus()

        choose_query(self.app, self.grok.state, chosen)

    def do_save_query(self) -> None:
        """Save the query under a name; an empty name does nothing."""
        text = self.query_one(Editor).text

        def named(name: str | None) -> None:
            if name and name.strip():
                self.grok.state.saved_queries[name.strip()] = text
                self.say(f"Saved as {name.strip()}; ^o lists it.")

        self.app.push_screen(Ask("Save this query as"), named)

    @on(Table.Chosen, "#schema")
    def _insert(self, message: Table.Chosen) -> None:
        editor = self.query_one(Editor)
        editor.insert(str(message.key).rpartition(".")[2])
        editor.focus()

    @property
    def focused_table(self) -> Table:
        """The schema where it has the keyboard, else the result."""
        schema = self.query_one(SchemaList)
        return schema if schema.has_focus else self.query_one("#result", Table)


def _rows(result: query.Result) -> str:
    count = len(result.rows)
    return f"{count} row{'s' if count != 1 else ''}"
