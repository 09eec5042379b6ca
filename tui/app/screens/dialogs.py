"""Small windows: a question with facts, a line to type, a list to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.app.widgets.line import Line
from tui.app.widgets.table import Column, Table, literal

Check = Callable[[str], str | None]
"""From what is typed to a sentence about what is wrong, or None."""


class Confirm(ModalScreen[bool]):
    """A question about something that is hard to undo or takes long, with the facts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "answer(True)", "Yes"),
        Binding("escape,n,q", "answer(False)", "No"),
    ]

    def __init__(self, question: str, facts: Sequence[str]) -> None:
        super().__init__()
        self._question, self._facts = question, facts

    def compose(self) -> ComposeResult:
        """Question, facts, keys."""
        with Vertical(classes="dialog"):
            yield Static(Text(self._question), classes="dialog-title")
            for fact in self._facts:
                yield Static(Text("· " + literal(fact)))
            yield Static(Text("enter or y: yes   esc or n: no"), classes="dialog-keys")

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)


class Ask(ModalScreen[str | None]):
    """One line of text; None if it was left with escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(
        self, title: str, value: str = "", hint: str = "", check: Check | None = None
    ) -> None:
        super().__init__()
        self._title, self._value, self._hint = title, value, hint
        self._check = check or (lambda text: None)

    def compose(self) -> ComposeResult:
        """Title, the line, what is wrong with it."""
        with Vertical(classes="dialog"):
            yield Static(Text(self._title), classes="dialog-title")
            yield Line(self._value, select_on_focus=False)
            yield Static(Text(self._hint), id="answer-hint", classes="dialog-keys")

    @on(Input.Changed)
    def _say(self, event: Input.Changed) -> None:
        wrong = self._check(event.value)
        hint = self.query_one("#answer-hint", Static)
        hint.update(Text(literal(wrong or self._hint)))
        hint.set_class(wrong is not None, "wrong")

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        if self._check(event.value) is None:
            self.dismiss(event.value)


class Choose(ModalScreen[str | None]):
    """A list that shrinks as you type; enter takes the line of the cursor.

    Each line is an id, what is shown first, and what is shown beside it; all of it is searched.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("down", "move(1)", "Down"),
        Binding("up", "move(-1)", "Up"),
        Binding("pagedown", "move(10)", "Page down"),
        Binding("pageup", "move(-10)", "Page up"),
    ]

    def __init__(
        self, title: str, lines: Sequence[tuple[str, str, str]], first_width: int = 16
    ) -> None:
        super().__init__()
        self._title, self._lines, self._first_width = title, lines, first_width

    def compose(self) -> ComposeResult:
        """Title, search, lines."""
        with Vertical(classes="dialog wide"):
            yield Static(Text(self._title), classes="dialog-title")
            yield Line(placeholder="type to search")
            yield Table(empty="nothing matches")

    def on_mount(self) -> None:
        """Show every line."""
        self.query_one(Table).can_focus = False
        self._show("")

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _enter(self) -> None:
        self.dismiss(self.query_one(Table).key)

    @on(Table.Chosen)
    def _chosen(self, message: Table.Chosen) -> None:
        self.dismiss(message.key)

    def action_move(self, by: int) -> None:
        """Move the cursor while the search keeps the focus."""
        self.query_one(Table).move(by)

    def _show(self, search: str) -> None:
        words = search.casefold().split()
        shown = {
            key: (first, second)
            for key, first, second in self._lines
            if all(word in f"{first} {second}".casefold() for word in words)
        }
        table = self.query_one(Table)
        columns = [Column("", self._first_width), Column("", 200)]
        table.set_rows(columns, list(shown), lambda key: shown[key])
        table.move_to(0)
