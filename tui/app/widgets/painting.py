"""From text to the segments that Textual's line API wants."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import App

from tui.plots.colours import ON_LIGHT


def paint(text: Text, app: App[object]) -> list[Segment]:
    """One line of styled text as segments, its base style included, legible on the theme.

    ``Text.render`` leaves the base style out where a text has no spans.
    """
    console = app.console
    base = console.get_style(text.style) if isinstance(text.style, str) else text.style
    if not text.spans:  # most cells of a table; rich would take twenty times as long
        segments: Iterable[Segment] = (Segment(text.plain, base),)
    else:
        segments = Segment.apply_style(text.render(console, end=""), base)
    if app.current_theme.dark:
        return list(segments)
    return [Segment(s.text, _on_light(s.style) if s.style else None) for s in segments]


@lru_cache(256)
def _on_light(style: Style) -> Style:
    colour = style.color
    if colour is None or style.bgcolor is not None or colour.type is not ColorType.EIGHT_BIT:
        return style
    darker = ON_LIGHT.get(colour.number or 0)
    return style if darker is None else style + Style(color=Color.from_ansi(darker))
