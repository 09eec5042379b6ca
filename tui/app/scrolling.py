"""Text that is longer than its place."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text


def scrolled(lines: Sequence[Text], top: int, height: int, keys: str) -> Text:
    """As many lines as there is room for, from ``top`` on, or the last ones.

    The last line says how many more there are, and the ``keys`` that scroll.
    """
    top = max(0, min(top, len(lines) - height))
    shown = list(lines[top : top + height])
    below = len(lines) - top - height
    if below > 0 and height > 1:
        shown[-1] = Text(f"{below + 1} more lines: {keys}", style="dim")
    return Text("\n", no_wrap=True).join(shown)
