"""A chart with a crosshair, and beside it the value of every curve there, the largest first."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from tui.plots.chart import Axes, Marker, Series, entries_of, render_chart
from tui.plots.colours import style
from tui.plots.legend import Entry, key_of
from tui.plots.numbers import format_number

_LEAST_CHART = 24  # columns


def render_with_readout(
    series: list[Series],
    axes: Axes,
    width: int,
    height: int,
    *,
    marker: Marker,
    crosshair: float,
) -> Text:
    """The chart in exactly ``height`` lines of at most ``width`` columns.

    Where there is no room for every curve, the list is about the one in front; the rest is
    counted.
    """
    ascii_only = marker == "ascii"
    entries = entries_of(series, crosshair, letters=ascii_only)
    lines = readout_lines(entries, width - _LEAST_CHART, height, ascii_only)
    taken = max((cell_len(line.plain) for line in lines), default=0)
    chart = render_chart(
        series,
        axes,
        max(1, width - taken - 1),
        height,
        marker=marker,
        crosshair=crosshair,
        legend_rows=0,
    )
    joined = []
    for i, line in enumerate(chart.split("\n", allow_blank=True)):
        line.pad_right(max(0, width - taken - cell_len(line.plain)))
        joined.append(line.append_text(lines[i]) if i < len(lines) else line)
        joined[-1].truncate(width)
    return Text("\n", no_wrap=True, end="").join(joined[:height])


def readout_lines(entries: list[Entry], width: int, height: int, ascii_only: bool) -> list[Text]:
    """At most ``height`` lines of curves and their values, in as many columns as have room."""
    if not entries or width < 1 or height < 1:
        return []
    ordered = sorted(entries, key=_rank)
    longest = max(cell_len(entry.name) for entry in ordered)
    each = min(width, longest + 13)  # key, spaces, value
    columns = max(1, min(-(-len(ordered) // height), width // (each + 1)))
    room = columns * height
    pieces = [_piece(entry, each, ascii_only) for entry in ordered]
    if len(pieces) > room:
        front = next((i for i, entry in enumerate(ordered) if entry.front), 0)
        start = min(max(0, front - room // 2), len(pieces) - room + 1)
        rest = f"… {len(pieces) - room + 1} more: j and k"
        pieces = [*pieces[start : start + room - 1], Text(rest[:each].ljust(each), style="dim")]
    return [Text(" ").join(pieces[i::height]) for i in range(min(height, len(pieces)))]


def _rank(entry: Entry) -> tuple[bool, float]:
    """The largest first; without a value, or with one that cannot be ordered, last."""
    missing = entry.value is None or entry.value != entry.value
    return missing, 0.0 if missing or entry.value is None else -entry.value


def _piece(entry: Entry, width: int, ascii_only: bool) -> Text:
    """Exactly ``width`` columns: the name is shortened, the value never."""
    value = "" if entry.value is None else format_number(entry.value)
    name = Text(entry.name, style="bold reverse" if entry.front else "", no_wrap=True)
    room = max(0, width - 3 - max(9, len(value)))
    name.truncate(room, overflow="ellipsis", pad=True)
    piece = Text(no_wrap=True).append(key_of(entry, ascii_only) + " ", style=style(entry.colour))
    piece.append_text(name).append(" " + value.rjust(9), style="bold")
    piece.truncate(width)
    return piece
