"""The rows of an SQL result as a table shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from store.query import Result
from tui.app.widgets.table import Cells, Column, literal
from tui.plots.numbers import format_number

MOST_WIDTH = 40
_WHOLE_WIDTH = 60
_MEASURED_ROWS = 300  # a column is as wide as what is in its first rows


def columns_of(result: Result) -> list[Column]:
    """A column of the table for each of the result; numbers are on the right."""
    first = result.rows[:_MEASURED_ROWS]
    return [
        Column(name, _width(name, [row[place] for row in first]), _numeric(kind))
        for place, (name, kind) in enumerate(zip(result.columns, result.types, strict=True))
    ]


def cells_of(result: Result) -> Callable[[int], Cells]:
    """From a row's place to its cells; none for a place that the result does not have."""
    rows = result.rows
    return lambda place: [_shown(value) for value in rows[place]] if place < len(rows) else []


def whole_row(result: Result, place: int) -> list[tuple[str, str, str]]:
    """A row's columns as lines: an id, the name, and the value in as many lines as it takes."""
    lines = []
    for column, (name, value) in enumerate(zip(result.columns, result.rows[place], strict=True)):
        text = "–" if value is None else literal(value)
        for start in range(0, max(1, len(text)), _WHOLE_WIDTH):
            shown = "" if start else literal(name)
            lines.append((f"{column}:{start}", shown, text[start : start + _WHOLE_WIDTH]))
    return lines


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return format_number(value, 6) if isinstance(value, float) else literal(value)


def _width(name: str, values: list[Any]) -> int:
    return min(MOST_WIDTH, max([len(name), *(len(_shown(value)) for value in values)]))


def _numeric(kind: str) -> bool:
    return any(word in kind for word in ("INT", "DOUBLE", "FLOAT", "DECIMAL")) and "[" not in kind
