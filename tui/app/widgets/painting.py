"""From text to the segments that Textual's line API wants."""

from __future__ import annotations

from rich.console import Console
from rich.segment import Segment
from rich.text import Text


def paint(text: Text, console: Console) -> list[Segment]:
    """One line of styled text as segments, its base style included.

    ``Text.render`` leaves the base style out where a text has no spans.
    """
    base = console.get_style(text.style) if isinstance(text.style, str) else text.style
    return list(Segment.apply_style(text.render(console, end=""), base))
