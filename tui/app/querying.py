"""What the SQL view needs besides the store: shipped queries, completion, plots of results."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import duckdb
import numpy as np
from rich.text import Text

from store.query import Result
from tui.app.library import query
from tui.plots.chart import Axes, Marker, Series, render_chart
from tui.plots.colours import RUN_COLOURS

MOST_COLOURS = 24


@cache
def shipped_queries() -> dict[str, str]:
    """The queries that come with the app, by name."""
    parts = re.split(r"^-- name: (.+)$", query("shipped"), flags=re.MULTILINE)
    return {name.strip(): text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def statements_until(text: str, place: int) -> str:
    """The statements up to the one at ``place``: what its rows depend on."""
    statements = duckdb.extract_statements(text)[: place + 1]
    return ";\n".join(statement.query.strip().rstrip(";") for statement in statements)


def place_of_error(message: str) -> tuple[int, int] | None:
    """Row and column, from 0, where DuckDB's message points to; None if it points nowhere."""
    match = re.search(r"^(LINE (\d+): )(.*)\n( *)\^", message, re.MULTILINE)
    if match is None or match[3].startswith("..."):  # a part of a long line
        return None
    return int(match[2]) - 1, max(0, len(match[4]) - len(match[1]))


_WORDS = """
SELECT FROM WHERE GROUP BY ORDER HAVING LIMIT JOIN LEFT USING WITH AS AND OR NOT NULL IN BETWEEN
CASE WHEN THEN ELSE END DESC DISTINCT UNION ALL QUALIFY PIVOT SUMMARIZE DESCRIBE
count avg min max sum arg_max arg_min median quantile_cont stddev_samp round coalesce
"""
KEYWORDS: Final = tuple(_WORDS.split())
"""SQL words that are offered for completion."""


def words_like(word: str, words: Sequence[str]) -> list[str]:
    """The words that begin with ``word``, whatever its case; none for no word."""
    start = word.casefold()
    return [w for w in words if start and w.casefold().startswith(start)]


@dataclass(frozen=True, slots=True)
class PlotChoice:
    """Which columns of a result are x, y and colour (-1 for none), and on which scales."""

    x: int = -1
    y: int = -1
    colour: int = -1
    log_x: bool = False
    log_y: bool = False

    @classmethod
    def guess(cls, result: Result) -> PlotChoice:
        """The first numeric column over which the first fraction is drawn, coloured by the next.

        Where there are no fractions, whole numbers are drawn; the colour has few values.
        """
        numeric = _numeric_columns(result)
        if not numeric:
            return cls()
        fractions = [i for i in numeric[1:] if result.types[i] in ("DOUBLE", "FLOAT")]
        x, y = (numeric[0], (fractions or numeric[1:])[0]) if len(numeric) > 1 else (-1, numeric[0])
        others = [i for i in range(len(result.columns)) if i not in (x, y)]
        colour = next((i for i in others if 1 < len(_values(result, i)) <= MOST_COLOURS), -1)
        # sizes and ids read better on a linear scale
        return cls(x, y, colour, log_x=x >= 0 and result.columns[x] in ("step", "seconds"))

    def next(self, what: str, result: Result) -> PlotChoice:
        """The choice with the next column for ``x``, ``y`` or ``colour``, or the next scales."""
        if what == "scales":
            return replace(self, log_x=not self.log_x, log_y=self.log_y is not self.log_x)
        if what == "colour":
            possible = [-1, *range(len(result.columns))]
        else:
            possible = [*([-1] if what == "x" else []), *_numeric_columns(result)]
        if not possible:
            return self
        now = getattr(self, what)
        place = possible.index(now) if now in possible else -1
        return replace(self, **{what: possible[(place + 1) % len(possible)]})


def plot(result: Result, choice: PlotChoice, marker: Marker, width: int, height: int) -> Text:
    """A result as a chart: a line for each colour value, points where x repeats within one."""
    if choice.y < 0 or not result.rows:
        return Text("Nothing to plot: the result has no numeric column with values.")
    groups: dict[Any, list[tuple[float, float]]] = {}
    for i, row in enumerate(result.rows):
        x, y = (row[choice.x] if choice.x >= 0 else i), row[choice.y]
        if x is not None and y is not None:
            key = row[choice.colour] if choice.colour >= 0 else result.columns[choice.y]
            groups.setdefault(key, []).append((float(x), float(y)))
    series = []
    for place, (key, points) in enumerate(groups.items()):
        points.sort(key=lambda p: p[0])
        x_array, y_array = np.array([p[0] for p in points]), np.array([p[1] for p in points])
        repeats = len(points) == 1 or bool(np.any(np.diff(x_array) == 0))
        colour = RUN_COLOURS[place % len(RUN_COLOURS)]
        series.append(Series(str(key), x_array, y_array, colour, points_only=repeats))
    x_name = result.columns[choice.x] if choice.x >= 0 else "row"
    colour_name = f" by {result.columns[choice.colour]}" if choice.colour >= 0 else ""
    title = f"{result.columns[choice.y]} over {x_name}{colour_name}"
    axes = Axes(title, x_name, log_x=choice.log_x, log_y=choice.log_y)
    return render_chart(series, axes, width, height, marker=marker)


def _numeric_columns(result: Result) -> list[int]:
    return [
        i for i in range(len(result.columns))
        if all(isinstance(row[i], int | float) or row[i] is None for row in result.rows[:200])
        and any(row[i] is not None for row in result.rows[:200])
        and not any(isinstance(row[i], bool) for row in result.rows[:200])
    ]  # fmt: skip


def _values(result: Result, column: int) -> set[Any]:
    return {str(row[column]) for row in result.rows}
