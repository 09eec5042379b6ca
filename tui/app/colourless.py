"""NO_COLOR: no colour at all is sent, and what only a colour set apart is shown in reverse.

Textual's own answer is greys, which are colours to a terminal (https://no-color.org).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_FAR = 0.08  # of brightness: headings are nearer to their surroundings, cursors farther away


class ColourlessFilter(LineFilter):
    """Takes the colours out of a line, and turns round what stands out by its background."""

    def apply(self, segments: Iterable[Segment], background: Color) -> list[Segment]:
        """The segments with the same text."""
        return [
            one if one.style is None else one._replace(style=_without(one.style, background))
            for one in segments
        ]


@lru_cache(1024)
def _without(style: Style, background: Color) -> Style:
    stands_out = (
        style.bgcolor is not None
        and not style.bgcolor.is_default
        and abs(Color.from_rich_color(style.bgcolor).brightness - background.brightness) > _FAR
    )
    return Style(
        bold=style.bold,
        dim=style.dim,
        italic=style.italic,
        underline=style.underline,
        strike=style.strike,
        reverse=stands_out or style.reverse,
    )
