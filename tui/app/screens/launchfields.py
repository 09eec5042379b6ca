"""The launch form's fields: the sweep's name, the device, and what a configuration consists of."""

from __future__ import annotations

from collections.abc import Collection

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from engine.specification.config import CHOICES, FIELDS
from engine.specification.errors import SpecificationError
from engine.specification.sweep import Sweep
from engine.specification.values import parse_values
from tui.app.drafts import changed, field_text, placeholder
from tui.app.widgets.line import Line
from tui.app.widgets.table import literal


class LaunchFields(VerticalScroll, can_focus=False):
    """A line to type for each field, and beside it what it means or what is wrong with it."""

    def __init__(self, names: Collection[str], *, id: str) -> None:
        super().__init__(id=id)
        self._names = names

    def compose(self) -> ComposeResult:
        """The sweep's own fields first."""
        yield from self._line("name", "in lists; two sweeps may share one")
        yield from self._line("device", "auto (every GPU, else the CPU), cpu, cuda:0, mps")
        for name in self._names:
            yield from self._line(name, _meaning(name))

    def _line(self, name: str, meaning: str) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Static(Text(name), classes="field-name")
            yield Line(id=f"field-{name}", compact=True, select_on_focus=False)
            yield Static(_in_one_line(meaning), id=f"help-{name}", classes="field-help")

    def fill(self, draft: Sweep) -> None:
        """Show what a draft says; the device stays as it is."""
        with self.prevent(Input.Changed):
            self._write("name", draft.name)
            self._write("device", self.device)
            for name in self._names:
                self._write(name, field_text(draft, name))
                self._input(name).placeholder = placeholder(draft, name)
                self._say(name, None)

    def _write(self, name: str, text: str) -> None:
        line = self._input(name)
        line.value, line.cursor_position = text, len(text)  # at its end: ctrl+u erases all of it

    def show_meanings(self, shown: bool) -> None:
        """Whether there is room for what stands beside the fields."""
        for line in self.query(".field-help"):
            line.display = shown

    @property
    def device(self) -> str:
        """The device that was typed, or auto."""
        return self._input("device").value.strip() or "auto"

    def sweep(self, draft: Sweep) -> Sweep:
        """The draft with what was typed over it.

        Raises:
            SpecificationError: a value that is not possible.
        """
        texts = {name: self._input(name).value for name in self._names}
        return changed(draft, texts, self._input("name").value)

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        name = (event.input.id or "").removeprefix("field-")
        if name in self._names:
            try:
                if event.value.strip():
                    parse_values(name, event.value)
                self._say(name, None)
            except SpecificationError as error:
                self._say(name, str(error))

    def _say(self, name: str, wrong: str | None) -> None:
        line = self.query_one(f"#help-{name}", Static)
        line.update(_in_one_line(literal(wrong or _meaning(name))))
        line.set_class(wrong is not None, "wrong")

    def _input(self, name: str) -> Input:
        return self.query_one(f"#field-{name}", Input)


def _meaning(name: str) -> str:
    choices = f" ({', '.join(CHOICES[name])})" if name in CHOICES else ""
    return f"{FIELDS[name].metadata['help']}{choices}"


def _in_one_line(words: str) -> Text:
    return Text(words, no_wrap=True, overflow="ellipsis")
