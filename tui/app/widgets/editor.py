"""The editor for SQL: it colours what DuckDB's own tokenizer finds, and tab completes.

Textual's editor asks tree-sitter, whose SQL grammar takes 13 MB of memory and does not know
DuckDB's dialect.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar, Final

import duckdb
from rich.style import Style
from textual._text_area_theme import TextAreaTheme
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.reactive import reactive
from textual.widgets import TextArea

from tui.app.filters import common_start
from tui.app.querying import KEYWORDS, words_like

_COLOURS: Final = {"keyword": "primary", "string": "success", "numeric": "warning"}
"""Kinds of tokens that have a colour, and its name in Textual's themes."""


class Editor(TextArea):
    """A text area for SQL. ``words`` are those that tab completes."""

    cursor_blink = reactive(False, init=False)  # an idle app writes nothing to the terminal

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete")]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, tab_behavior="focus", show_line_numbers=False)
        self.words: list[str] = list(KEYWORDS)

    def on_mount(self) -> None:
        """Colours are those of the app's theme."""
        self._use_theme()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._use_theme())

    def _use_theme(self) -> None:
        variables = self.app.theme_variables
        styles = {
            kind: Style(color=Color.parse(variables[colour]).rich_color, bold=kind == "keyword")
            for kind, colour in _COLOURS.items()
        }
        name = f"sql on {self.app.theme}"
        self.register_theme(
            TextAreaTheme(name, syntax_styles={**styles, "comment": Style(italic=True, dim=True)})
        )
        self.theme = name

    def action_complete(self) -> None:
        """Complete the word before the cursor as far as all candidates agree."""
        word = self.word()
        candidates = words_like(word, self.words)
        common = candidates[0] if len(candidates) == 1 else common_start(candidates)
        if len(common) > len(word):
            row, column = self.cursor_location
            self.replace(common, (row, column - len(word)), (row, column))

    def word(self) -> str:
        """The word before the cursor."""
        row, column = self.cursor_location
        line = self.document.get_line(row)[:column]
        start = len(line)
        while start and (line[start - 1].isalnum() or line[start - 1] == "_"):
            start -= 1
        return line[start:]

    def _build_highlight_map(self) -> None:
        """Textual's hook: called whenever the text has changed."""
        self._line_cache.clear()
        self._highlights.clear()
        for row, start, end, kind in highlights(self.text):
            self._highlights[row].append((start, end, kind))


def highlights(text: str) -> Iterator[tuple[int, int, int, str]]:
    """Row, first byte, last byte + 1 and kind of every coloured piece; no piece has two rows."""
    data = text.encode()
    tokens = _tokens(text)
    row = line_start = 0
    for (start, kind), (end, _) in pairwise([*tokens, (len(data), "")]):
        row += data.count(b"\n", line_start, start)
        line_start = data.rfind(b"\n", 0, start) + 1
        if kind not in (*_COLOURS, "comment"):
            continue
        first = start - line_start
        for more, line in enumerate(data[start:end].rstrip().split(b"\n")):
            yield row + more, first, first + len(line), kind
            first = 0


def _tokens(text: str) -> list[tuple[int, str]]:
    """The first byte and the kind of every token."""
    try:
        found = duckdb.tokenize(text)
    except duckdb.Error:  # what cannot be read yet has no colours
        return []
    return [(start, kind.name.removesuffix("_const")) for start, kind in found]
