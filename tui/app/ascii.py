"""The whole screen in ASCII: borders, scrollbars and punctuation, whoever draws them.

Charts, grids and tables have an ASCII form of their own, which says more. This is for the rest:
Textual's borders and scrollbars, and single characters in sentences. Each becomes one of the same
width. Names and notes keep their letters: what a user typed is not ours to spell.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_TO: Final = {
    "-": "─━┄┈╌╍═·–—▔",
    "|": "│┃┆┊║▌▐▎▍▏▊▋▉▕█⎸⎹",
    "+": "┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬┏┓┗┛▛▜▙▟╳×",
    "_": "▁",
    " ": "▂▃▄▅▆▇▀",
    "~": "…≈",
    "*": "◆●▪",
    "o": "◐○◌",
    ">": "▸▶→≥",
    "<": "◂◀←≤",
    "v": "▾▼↓",
    "^": "▴▲↑",
    "!": "⚠",
    "> ": "🔎",
}
_TABLE: Final = {ord(c): to for to, characters in _TO.items() for c in characters}


class AsciiFilter(LineFilter):
    """Makes a line of the screen ASCII, but for what users wrote."""

    def apply(self, segments: Iterable[Segment], background: Color) -> list[Segment]:
        """The segments with their styles as they are."""
        return [
            one if one.text.isascii() else one._replace(text=one.text.translate(_TABLE))
            for one in segments
        ]
