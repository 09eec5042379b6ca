"""Standard output: tables for people, JSON for programs; standard error: narration."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tui.plots.numbers import format_number

Row = Mapping[str, Any]


def say(text: str) -> None:
    """Narrate on standard error."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Print ``value`` as JSON. Values that JSON lacks become null (NaN) or text (times)."""
    print(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def print_table(rows: Sequence[Row], columns: Sequence[str] | None = None) -> None:
    """Print rows as an aligned table; what the cells contain is shown literally."""
    from rich.table import Table
    from rich.text import Text

    if not rows:
        say("No rows.")
        return
    names = list(columns or rows[0])
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        numeric = all(isinstance(row[name], int | float | None) for row in rows)
        table.add_column(
            Text(name), justify="right" if numeric else "left", overflow="fold", no_wrap=numeric
        )
    for row in rows:
        table.add_row(*(Text(cell(row[name])) for name in names))
    print_text(table)


def print_text(renderable: Any) -> None:
    """Print a rich renderable; plain where standard output is no terminal or NO_COLOR is set."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 1000
    console = Console(width=width, highlight=False, markup=False, soft_wrap=False)
    with console.capture() as captured:
        console.print(renderable)
    print("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def cell(value: Any) -> str:
    """One value as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return format_number(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
