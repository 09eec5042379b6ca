"""SQL: an editor, the schema, results of any size, and a plot of what came out."""

from __future__ import annotations

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static, TextArea

from store import query
from store.errors import DatabaseHeld, StoreError
from tui.app.querying import KEYWORDS, place_of_error, shipped_queries, words_like
from tui.app.screens.dialogs import Ask
from tui.app.screens.queries import choose_query
from tui.app.views.base import View
from tui.app.views.resultactions import ResultActions, rows_of
from tui.app.views.schemalist import SchemaList
from tui.app.views.tablemoves import TableMoves
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.editor import Editor
from tui.app.widgets.table import Table, literal

MOST_ROWS = 10_000  # in the table; a file has them all


class SqlView(ResultActions, TableMoves, View):
    """Read-only SQL over the store, in a thread; escape cancels."""

    NAME = "sql"

    def __init__(self) -> None:
        super().__init__()
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
        self.say("i edits, esc leaves the editor, tab completes; F5 or ^r runs; ^o lists queries")

    def on_resize(self, event: events.Resize) -> None:
        """The schema is shown where there is room for it."""
        self.set_class(event.size.width >= 110, "wide")

    def show(self) -> None:
        """The keys of the views go on working until ``i``; the schema is read once."""
        self.take_focus(self.shown)
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
        return cap or rows_of(self.result)

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
        self.take_focus(self.query_one(Editor))

    def do_clear(self) -> None:
        """An empty editor; what was there is among the earlier queries, if it ever ran."""
        editor = self.query_one(Editor)
        editor.clear()
        self.take_focus(editor)

    def back(self) -> bool:
        """Cancel the query, else leave the editor or the schema."""
        if self._cancel is not None:
            self._cancel()
            return True
        if self.shown.has_focus:
            return False
        self.shown.focus()
        return True

    def do_execute(self) -> None:
        """Run what is selected in the editor, or all of it."""
        editor = self.query_one(Editor)
        text = editor.selected_text.strip() or editor.text.strip()
        if text and self._cancel is None:
            history = self.grok.state.sql_history
            if not history or history[-1] != text:
                history.append(text)
            self._execute(text)

    @work(exclusive=True, group="sql")
    async def _execute(self, text: str) -> None:
        cancel = self._cancel = query.Cancel()
        self.grok.paint_bars()

        def ask() -> list[query.Result] | str:
            try:
                return query.run_all(self.grok.store, text, MOST_ROWS, cancel=cancel)
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
            place = place_of_error(answer)
            editor = self.query_one(Editor)
            if place is not None and not editor.selected_text:
                editor.move_cursor(place)
        elif answer is not None:
            self.show_results(text, answer)
        self.grok.paint_bars()

    # the schema

    def do_schema(self) -> None:
        """The schema, or the result's whole width again."""
        schema = self.query_one(SchemaList)
        self.toggle_class("other")  # than the width of the terminal alone would have it
        schema.focus() if self._schema_shown else self.shown.focus()

    @property
    def _schema_shown(self) -> bool:
        return self.has_class("wide") is not self.has_class("other")

    @on(Table.Moved, "#schema")
    def _explain(self, message: Table.Moved) -> None:
        schema = self.query_one(SchemaList)
        if schema.has_focus and message.key is not None:
            self.say(schema.meaning(message.key))

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
        """Save the query under a name; an empty one takes away what has that name."""
        text, saved = self.query_one(Editor).text, self.grok.state.saved_queries

        def named(name: str | None) -> None:
            name = (name or "").strip()
            if name and text.strip():
                before = saved.get(name)
                saved[name] = text
                again = "" if before in (None, text) else "; the one of this name is replaced"
                self.say(f"Saved as {name}; ^o lists it{again}.")
            elif name and saved.pop(name, None) is not None:
                self.say(f"{name} is no longer saved.")

        hint = "an empty editor takes a saved one away"
        self.app.push_screen(Ask("Save this query as", hint=hint), named)

    def do_whole_row(self) -> None:
        """The row of the cursor, or the schema's word into the editor."""
        if self.query_one(SchemaList).has_focus:
            self._insert()
        else:
            super().do_whole_row()

    @on(Table.Chosen, "#schema")
    def _insert(self) -> None:
        key, editor = self.query_one(SchemaList).key, self.query_one(Editor)
        if key is not None:
            editor.insert(str(key).rpartition(".")[2])
            editor.focus()

    @property
    def focused_table(self) -> Table:
        """The schema where it has the keyboard, else the result."""
        schema = self.query_one(SchemaList)
        return schema if schema.has_focus else self.query_one("#result", Table)
