"""Where the cells of a phase grid are: which rows and columns fit, and how large a cell is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.plots.cells import Key

CELL_WIDTH = 4
"""The least width of a cell; where there is room, cells are wider and up to three lines high."""

_WIDEST, _HIGHEST = 8, 3
Place = tuple[Key, Key]


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows (the uppermost first) and columns in sight, and sizes in columns and lines.

    Cells begin ``margin`` columns from the left; before each is one column for what runs between.
    """

    rows: Sequence[Key]
    columns: Sequence[Key]
    margin: int
    cell_width: int
    cell_height: int

    def place_at(self, x: int, y: int) -> Place | None:
        """The row and column at a column and line, counted from the first line of cells."""
        column, row = (x - self.margin) // (self.cell_width + 1), y // self.cell_height
        if 0 <= column < len(self.columns) and 0 <= row < len(self.rows):
            return self.rows[row], self.columns[column]
        return None


def lay_out(
    rows: Sequence[Key],
    columns: Sequence[Key],
    row_name: str,
    width: int,
    row_room: int | None,
    cursor: Place | None,
) -> Layout:
    """The layout in ``width`` columns and ``row_room`` lines of cells; None is as many as needed.

    Given a number of lines, cells grow to fill them. Where not all rows or columns fit, those
    around the cursor are shown.
    """
    margin = max([len(str(v)) for v in rows] + [len(row_name)]) + 1
    room = max(1, (width - margin - 1) // (CELL_WIDTH + 1))
    cursor_row, cursor_column = cursor or (None, None)
    shown_rows = _window(rows, len(rows) if row_room is None else row_room, cursor_row)
    shown_columns = _window(columns, room, cursor_column)
    cell_width, cell_height = CELL_WIDTH, 1
    if row_room is not None and shown_rows and shown_columns:
        cell_width = max(CELL_WIDTH, min(_WIDEST, (width - margin - 1) // len(shown_columns) - 1))
        cell_height = max(1, min(_HIGHEST, cell_width // 2 - 1, row_room // len(shown_rows)))
    return Layout(shown_rows, shown_columns, margin, cell_width, cell_height)


def _window(values: Sequence[Key], room: int, around: Key | None) -> Sequence[Key]:
    if len(values) <= room:
        return values
    centre = values.index(around) if around in values else 0
    start = min(max(0, centre - room // 2), len(values) - room)
    return values[start : start + room]
