"""A line to type in whose cursor does not blink: an idle app writes nothing to the terminal."""

from __future__ import annotations

from textual.reactive import reactive
from textual.widgets import Input


class Line(Input):
    """Textual's input line without the timer."""

    cursor_blink = reactive(False, init=False)
