"""The legend of a chart: outside the plot, wrapped, with each curve's value."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from tui.plots.colours import style
from tui.plots.numbers import format_number


@dataclass(frozen=True, slots=True)
class Entry:
    """A curve's name, colour, its letter where colour is not enough, and a value to read."""

    name: str
    colour: int
    letter: str
    value: float | None
    dash: int = 0
    front: bool = False


_KEYS = "━╍┉"


def legend_lines(
    entries: list[Entry], notices: list[str], width: int, rows: int, ascii_only: bool
) -> list[Text]:
    """At most ``rows`` lines of entries, and one more for notices. What has no room is counted."""
    in_order = sorted(entries, key=lambda entry: not entry.front)
    pieces = [_piece(entry, width, ascii_only) for entry in in_order]
    lines: list[Text] = []
    used = 0
    for piece in pieces:
        room = width - (cell_len(lines[-1].plain) + 2 if lines else width + 1)
        if not lines or cell_len(piece.plain) > room:
            if len(lines) >= rows:
                break
            lines.append(Text(no_wrap=True))
        elif lines[-1].plain:
            lines[-1].append("  ")
        piece.truncate(width, overflow="ellipsis")
        lines[-1].append_text(piece)
        used += 1
    if used < len(pieces) and lines:
        more = f" … +{len(pieces) - used} more"
        lines[-1].truncate(max(0, width - len(more)), overflow="ellipsis")
        lines[-1].append(more, style="dim")
    if notices and rows:
        shown = notices[0] + (f" (+{len(notices) - 1} more)" if len(notices) > 1 else "")
        notice = Text(("! " if ascii_only else "⚠ ") + shown, style="bold", no_wrap=True)
        notice.truncate(width, overflow="ellipsis")
        lines.append(notice)
    return lines


def _piece(entry: Entry, width: int, ascii_only: bool) -> Text:
    """At most ``width`` columns: the name is shortened, the value never."""
    key = key_of(entry, ascii_only)
    value = "" if entry.value is None else f" {format_number(entry.value)}"
    name = Text(f" {entry.name}", style="bold reverse" if entry.front else "", no_wrap=True)
    name.truncate(max(0, width - len(key) - len(value)), overflow="ellipsis")
    piece = Text(no_wrap=True).append(key, style=style(entry.colour)).append_text(name)
    return piece.append(value, style="bold")


def key_of(entry: Entry, ascii_only: bool) -> str:
    """The letter or the line that stands for a curve."""
    return entry.letter or ("-" if ascii_only else _KEYS[entry.dash])
