"""Text to SVG, for reports and READMEs."""

from __future__ import annotations

import io

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text


def text_to_svg(text: Text, title: str = "grok-tui") -> str:
    """An SVG drawing of ``text``, in a terminal window with ``title``; colours as on a screen."""
    width = max((cell_len(line) for line in text.plain.split("\n")), default=1)
    console = Console(
        record=True,
        width=max(20, width),
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(text, soft_wrap=True, markup=False, highlight=False)
    return console.export_svg(title=title)
