"""Plain-text goldens: pictures of charts and grids that a reviewer can read.

``GROK_TUI_REDRAW=1 pytest tests/tui/plots`` draws them anew; look at the difference before
committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

from rich.text import Text

FOLDER = Path(__file__).parent / "goldens"


def assert_golden(name: str, text: Text) -> None:
    """Compare with ``goldens/<name>.txt``; trailing spaces do not count."""
    drawn = "\n".join(line.rstrip() for line in text.plain.split("\n")) + "\n"
    path = FOLDER / f"{name}.txt"
    if os.environ.get("GROK_TUI_REDRAW"):
        path.write_text(drawn, encoding="utf-8")
    assert drawn == path.read_text(encoding="utf-8")
