"""The filter line: it acts while it is typed, and shows where a mistake is."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.app.filters import FilterError, common_start
from tui.app.widgets.line import Line
from tui.app.widgets.table import literal


class FilterBar(ModalScreen[str | None]):
    """A line at the bottom, over the view that it filters. Tab completes; escape restores."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Restore"),
        Binding("tab", "complete", "Complete", priority=True),
    ]

    def __init__(
        self,
        text: str,
        check: Callable[[str], FilterError | None],
        complete: Callable[[str], list[str]],
        counts: Callable[[], tuple[int, int]],
    ) -> None:
        super().__init__()
        self._text, self._check, self._complete, self._counts = text, check, complete, counts
        self._due = False

    def compose(self) -> ComposeResult:
        """The line, and what it comes to."""
        with Vertical(id="filter-bar"):
            yield Line(
                self._text,
                placeholder="width>=32 zone=grokking !tag:old | name~demo",
                select_on_focus=False,
            )
            yield Static(id="filter-hint")

    def take_keys(self) -> None:
        """The next key is for the line, however soon it comes."""
        self.set_focus(self.query_one(Line))

    @on(Input.Changed)
    def _changed(self) -> None:
        if not self._due:  # once for a burst of keys, and what is typed is in sight before
            self._due = True
            self.call_after_refresh(self._apply)

    def _apply(self) -> None:
        self._due = False
        if not self.is_current:
            return
        text = self.query_one(Line).value
        hint = self.query_one("#filter-hint", Static)
        error = self._check(text)
        hint.set_class(error is not None or self._counts()[0] == 0, "wrong")
        if error is not None:
            hint.update(Text(literal(f"{' ' * error.position}^ {error}")), layout=False)
            return
        candidates = self._complete(text)[:12]
        here, all_runs = self._counts()
        found = f"{here} of {all_runs} runs" if here else "no run passes; the last match stays"
        if candidates:
            found += "   tab:"
        hint.update(Text(literal("  ".join([found, *candidates])), no_wrap=True), layout=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._check(event.value) is None:
            self.dismiss(event.value)

    def action_complete(self) -> None:
        """Complete the last word as far as all candidates agree."""
        line = self.query_one(Input)
        candidates = self._complete(line.value)
        common = common_start(candidates)
        if common:
            head = line.value[: len(line.value) - len(_last_word(line.value))]
            line.value = head + common
            line.cursor_position = len(line.value)


def _last_word(text: str) -> str:
    for i in range(len(text) - 1, -1, -1):
        if text[i] in " |!":
            return text[i + 1 :]
    return text
