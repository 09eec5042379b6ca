"""The phase grid as text: two axes of runs, a cell for each pair, zones by colour and letter.

Cells fill in live: ``·`` is queued, ``37%`` is running, a letter or number is done. A ``*`` says
that the seeds of a cell disagree. The critical-size and capacity curves run between the cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rich.text import Text

from tui.plots.cells import MEASURES, Cell, Key
from tui.plots.colours import (
    RAMP,
    RAMP_INK,
    STATE_COLOURS,
    STATE_GLYPHS,
    STATE_GLYPHS_ASCII,
    ZONE_COLOURS,
    ZONE_LETTERS,
    style,
)
from tui.plots.gridlayout import CELL_WIDTH, Layout, Place, lay_out
from tui.plots.numbers import format_count, format_number


@dataclass(frozen=True, slots=True)
class Frontier:
    """A curve over the grid: for each row value the column value that it passes."""

    name: str
    glyph: str
    ascii_glyph: str
    columns: Mapping[Key, float]


@dataclass(frozen=True, slots=True)
class GridStyle:
    """What is drawn on the grid besides its cells."""

    title: str = ""
    measure: str = "zone"
    cursor: Place | None = None
    marked: frozenset[Place] = frozenset()
    frontiers: Sequence[Frontier] = field(default_factory=tuple)
    ascii_only: bool = False
    colour: bool = True
    absent: str = ""
    """What a dash in a cell means."""


def axis_values(cells: Sequence[Cell], axis: Literal["row", "column"]) -> list[Key]:
    """The values on an axis in order; numbers before words."""
    values = {cell.row if axis == "row" else cell.column for cell in cells}
    return sorted(
        values, key=lambda v: (isinstance(v, str), 0 if isinstance(v, str) else v, str(v))
    )


def render_grid(
    cells: Sequence[Cell],
    row_name: str,
    column_name: str,
    width: int,
    height: int | None = None,
    look: GridStyle | None = None,
) -> Text:
    """The grid in at most ``width`` columns and, if given, ``height`` lines.

    Rows go upwards, as on the study's plane. Given a ``height``, cells grow to fill
    it. Where not all rows or columns fit, those around the cursor are shown and a line says which.
    """
    look = look or GridStyle()
    if width < 1:
        return Text()
    rows, columns = _axes(cells)
    legend = _legend(cells, look, width)
    layout = _layout(cells, row_name, width, height, look)
    shown_rows, shown_columns, margin = layout.rows, layout.columns, layout.margin
    cell_width, cell_height = layout.cell_width, layout.cell_height
    by_place = {(cell.row, cell.column): cell for cell in cells}
    ramp = _range(cells)
    lines = [Text(look.title, style="bold", no_wrap=True)] if look.title else []
    for row in shown_rows:
        for part in range(cell_height):
            middle = part == cell_height // 2
            lines.append(
                _row(row, shown_columns, columns, by_place, margin, look, ramp, cell_width, middle)
            )
    lines += _column_labels(row_name, column_name, shown_columns, margin, cell_width)
    notice = _notice(row_name, rows, shown_rows, column_name, columns, shown_columns)
    if notice:
        lines.append(Text(notice, style="bold", no_wrap=True))
    lines += legend
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    if height is not None:
        lines = lines[:height]
    text = Text("\n", no_wrap=True, end="").join(lines)
    return text if look.colour else Text(text.plain, no_wrap=True, end="")


def place_at(
    cells: Sequence[Cell], row_name: str, width: int, height: int, look: GridStyle, x: int, y: int
) -> Place | None:
    """The row and column of the cell that :func:`render_grid` draws at column x of line y."""
    layout = _layout(cells, row_name, width, height, look)
    return layout.place_at(x, y - bool(look.title))


def _axes(cells: Sequence[Cell]) -> tuple[list[Key], list[Key]]:
    """Rows as they are drawn, the last value first, and columns."""
    return axis_values(cells, "row")[::-1], axis_values(cells, "column")


def _layout(
    cells: Sequence[Cell], row_name: str, width: int, height: int | None, look: GridStyle
) -> Layout:
    # title, column name, column labels and a notice are the other lines
    room = None if height is None else max(1, height - 4 - len(_legend(cells, look, width)))
    return lay_out(*_axes(cells), row_name, width, room, look.cursor)


def cell_text(
    cell: Cell | None, measure: str, ramp: tuple[float, float], ascii_only: bool
) -> tuple[str, str]:
    """What stands in a cell (at most ``CELL_WIDTH`` characters) and its style."""
    if cell is None:
        return "", ""
    if cell.live == "queued":
        return "." if ascii_only else "·", "dim"
    if cell.live in ("running", "dead") and (measure == "zone" or cell.mean is None):
        done = f"{min(99, int(cell.progress * 100 + 1e-9))}%"
        if cell.live == "running":
            return done, style(ZONE_COLOURS["undecided"])
        return _dead_glyph(ascii_only) + done, f"bold {style(STATE_COLOURS['dead'])}"
    if measure == "zone":
        ink = f"bold color(16) {style(ZONE_COLOURS[cell.zone], background=True)}"
        return ZONE_LETTERS[cell.zone] + ("*" if cell.mixed else ""), ink
    value = cell.mean
    if value is None:
        return "-" if ascii_only else "–", "dim"
    low, high = ramp
    full = MEASURES[measure].full
    if full:
        low, high = 0.0, full
    share = (value - low) / (high - low) if high > low else 0.5
    level = min(len(RAMP) - 1, max(0, int(share * len(RAMP))))
    ink = f"color({RAMP_INK[level]}) {style(RAMP[level], background=True)}"
    return (f"{value / full * 100:.0f}" if full else _short(value)), ink


def _dead_glyph(ascii_only: bool) -> str:
    return (STATE_GLYPHS_ASCII if ascii_only else STATE_GLYPHS)["dead"]


def _short(value: float) -> str:
    """In ``CELL_WIDTH`` characters: 8500 → 8.5k, -3.25 → -3.2."""
    if abs(value) >= 1000:
        return format_count(value)
    for digits in (3, 2, 1):
        text = format_number(round(value, 2), digits)
        if len(text) <= CELL_WIDTH:
            return text
    return f"{value:.0f}"


def _row(
    row: Key,
    shown: Sequence[Key],
    columns: Sequence[Key],
    by_place: Mapping[Place, Cell],
    margin: int,
    look: GridStyle,
    ramp: tuple[float, float],
    cell_width: int,
    middle: bool,
) -> Text:
    """One line of a row of cells; what they say is on its middle line."""
    line = Text((str(row) if middle else "").rjust(margin - 1) + " ", no_wrap=True)
    crossings = _crossings(row, columns, look)
    for column in shown:
        glyph = crossings.get(column)
        if (row, column) in look.marked and middle:
            glyph = "*" if look.ascii_only else "▪"
        line.append(glyph or " ", style="bold" if glyph else "")
        cell = by_place.get((row, column))
        text, ink = cell_text(cell, look.measure, ramp, look.ascii_only)
        text = text if middle else ""
        padded = text.center(cell_width)
        if (row, column) == look.cursor:
            if middle and len(text) <= cell_width - 2:
                padded = f">{text.center(cell_width - 2)}<"
            ink = f"{ink} reverse bold"
        line.append(padded, style=ink)
    glyph = crossings.get(None)
    if glyph and shown and shown[-1] == columns[-1]:
        line.append(glyph, style="bold")
    return line


def _crossings(row: Key, columns: Sequence[Key], look: GridStyle) -> dict[Key | None, str]:
    """For each frontier that passes this row: the column that it passes just before."""
    result: dict[Key | None, str] = {}
    numbers = [c for c in columns if not isinstance(c, str)]
    for frontier in look.frontiers:
        at = frontier.columns.get(row)
        if at is None:
            continue
        following = next((c for c in numbers if c >= at), None)
        glyph = frontier.ascii_glyph if look.ascii_only else frontier.glyph
        both = "+" if look.ascii_only else "╳"
        result[following] = both if following in result else glyph
    return result


def _column_labels(
    row_name: str, column_name: str, shown: Sequence[Key], margin: int, cell_width: int
) -> list[Text]:
    labels = Text(row_name.rjust(margin - 1) + " ", style="dim", no_wrap=True)
    for column in shown:
        text = str(column)
        if len(text) > cell_width and not isinstance(column, str):
            text = format_count(float(column))
        if len(text) > cell_width:
            text = text[: cell_width - 1] + "…"
        labels.append(" " + text.center(cell_width))
    centred = column_name.center((cell_width + 1) * len(shown)).rstrip()
    name = Text(" " * margin + centred, no_wrap=True)
    name.stylize("dim")
    return [labels, name]


def _legend(cells: Sequence[Cell], look: GridStyle, width: int) -> list[Text]:
    pieces: list[Text] = []
    if look.measure == "zone":
        present = {cell.zone for cell in cells if cell.live == "done"}
        for zone, letter in ZONE_LETTERS.items():
            if zone in present:
                piece = Text()
                ink = style(ZONE_COLOURS[zone], background=True)
                piece.append(f" {letter} ", style=f"bold color(16) {ink}")
                pieces.append(piece.append(f" {zone}"))
        if any(cell.mixed and cell.live == "done" for cell in cells):
            pieces.append(Text("* seeds differ"))
    else:
        pieces.append(Text(MEASURES[look.measure].title))
        if MEASURES[look.measure].full is None and any(cell.values for cell in cells):
            low, high = _range(cells)
            pieces.append(Text(f"from {format_number(low)} to {format_number(high)}"))
    if look.absent and any(_is_absent(cell, look.measure) for cell in cells):
        pieces.append(Text(f"{'-' if look.ascii_only else '–'} {look.absent}"))
    if any(cell.live == "queued" for cell in cells):
        pieces.append(Text(f"{'.' if look.ascii_only else '·'} queued"))
    if look.measure == "zone" and any(cell.live == "running" for cell in cells):
        pieces.append(Text("% running"))
    if look.measure == "zone" and any(cell.live == "dead" for cell in cells):
        pieces.append(Text(f"{_dead_glyph(look.ascii_only)} dead: its worker is gone"))
    if look.marked:
        pieces.append(Text(("*" if look.ascii_only else "▪") + " marked"))
    for frontier in look.frontiers:
        glyph = frontier.ascii_glyph if look.ascii_only else frontier.glyph
        pieces.append(Text(f"{glyph} {frontier.name}"))
    lines: list[Text] = []
    for piece in pieces:
        if not lines or len(lines[-1].plain) + 2 + len(piece.plain) > width:
            lines.append(Text(no_wrap=True))
        elif lines[-1].plain:
            lines[-1].append("  ")
        lines[-1].append_text(piece)
    return lines


def _is_absent(cell: Cell, measure: str) -> bool:
    return measure != "zone" and cell.live == "done" and cell.mean is None


def _range(cells: Sequence[Cell]) -> tuple[float, float]:
    means = [cell.mean for cell in cells if cell.mean is not None]
    return (min(means), max(means)) if means else (0.0, 1.0)


def _notice(
    row_name: str,
    rows: Sequence[Key],
    shown_rows: Sequence[Key],
    column_name: str,
    columns: Sequence[Key],
    shown_columns: Sequence[Key],
) -> str:
    parts = []
    for name, values, shown in (
        (column_name, columns, shown_columns),
        (row_name, rows, shown_rows),
    ):
        if len(shown) < len(values):
            parts.append(f"{name} {shown[0]} to {shown[-1]}: {len(shown)} of {len(values)} shown")
    return "; ".join(parts)
