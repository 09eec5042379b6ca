"""The launch form's fields: the sweep's name, the device, and what a configuration consists of."""

from __future__ import annotations

import re
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
        self._meanings = {
            "name": "in lists; two sweeps may share one",
            "device": "auto (every GPU, else the CPU), cpu, cuda:0, mps",
            **{name: _meaning(name) for name in names},
        }
        self._wrong: dict[str, str] = {}  # of a field alone
        self._blamed: dict[str, str] = {}  # of fields that do not fit together

    def compose(self) -> ComposeResult:
        """The sweep's own fields first."""
        for name, meaning in self._meanings.items():
            yield from self._line(name, meaning)

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
        self._wrong, self._blamed = {}, {}
        for name in self._meanings:
            self._say(name)

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
            self._wrong.pop(name, None)
            try:
                if event.value.strip():
                    parse_values(name, event.value)
            except SpecificationError as error:
                self._wrong[name] = str(error)
            self._say(name)

    def blame(self, sentence: str) -> None:
        """Show what does not fit together beside each field that it names; nothing if empty."""
        before = self._blamed
        self._blamed = {
            name: sentence for name in self._meanings if re.search(rf"\b{name} (= |')", sentence)
        }
        for name in {*before, *self._blamed}:
            self._say(name)

    def about(self, name: str) -> Text:
        """What a field means or what is wrong with it, whole."""
        wrong = self._wrong.get(name) or self._blamed.get(name)
        text = Text(name, style="bold").append(": ")
        return text.append(literal(wrong or self._meanings[name]), style="not bold")

    def _say(self, name: str) -> None:
        wrong = self._wrong.get(name) or self._blamed.get(name)
        line = self.query_one(f"#help-{name}", Static)
        line.update(_in_one_line(literal(wrong or self._meanings[name])))
        assert line.parent is not None
        line.parent.set_class(wrong is not None, "wrong")

    def _input(self, name: str) -> Input:
        return self.query_one(f"#field-{name}", Input)


def _meaning(name: str) -> str:
    choices = f" ({', '.join(CHOICES[name])})" if name in CHOICES else ""
    return f"{FIELDS[name].metadata['help']}{choices}"


def _in_one_line(words: str) -> Text:
    return Text(words, no_wrap=True, overflow="ellipsis")
