"""Beside the phase grid: the runs of one cell, how they ended, and their accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from rich.cells import cell_len
from rich.text import Text

from tui.app.charting import ChartOptions, charts
from tui.app.curvecache import CurveKind
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.latest import Latest
from tui.plots.cells import Cell
from tui.plots.chart import Axes, Marker, Series, render_chart
from tui.plots.colours import STATE_GLYPHS, STATE_GLYPHS_ASCII, ZONE_LETTERS, run_colour, style
from tui.plots.numbers import format_number

if TYPE_CHECKING:
    from tui.app.app import GrokApp

MOST_RUNS = 16  # curves; of the others only words
MOST_LINES = 120  # runs that are told apart; the others are counted

_LEAST = 6  # lines that a chart needs

_PANELS = (("validation_accuracy",), ("train_accuracy",))
_KIND = CurveKind.of("step", True, _PANELS, 0.0)


class CellPanel(Drawing, can_focus=False):
    """What there is to say of a cell; the keyboard stays with the grid."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._cell: Cell | None = None
        self._heading = ""
        self._show = Latest(self, self._read)
        self._drawn: object = None

    def show_cell(self, cell: Cell | None, heading: str) -> None:
        """Show the runs of this cell below a heading such as ``width 8, train_size 300``."""
        self._cell, self._heading = cell, heading
        self._show()

    async def _read(self) -> None:
        if self._cell is None:
            self._drawn = None
            self.show(lambda width, height: Text())
            return
        cell, curves, grok = self._cell, self._grok.curves, self._grok
        ids = cell.run_ids[:MOST_RUNS]
        wanted = (cell.run_ids, self._heading, grok.data_version, grok.marker)
        if wanted == self._drawn:  # another measure of the same cell
            return
        self._draw_cell(cell)
        missing = curves.missing(ids, _KIND)
        if missing:
            await grok.blocking(curves.read, missing, _KIND)
            self._draw_cell(cell)
        self._drawn = None if curves.missing(ids, _KIND) else wanted

    def _draw_cell(self, cell: Cell) -> None:
        grok, ids = self._grok, cell.run_ids[:MOST_RUNS]
        runs = [dict(run) for run in grok.table.runs(ids)]
        made = charts(runs, grok.curves.get(ids, _KIND), _PANELS, ChartOptions())
        made.sort(key=lambda chart: not any(len(one.x) for one in chart[0]))  # empty ones last
        count = len(cell.run_ids)
        heading = f"{self._heading}: {count} run{'s' if count != 1 else ''}"
        told = grok.table.runs(cell.run_ids[:MOST_LINES])
        said = _Said(heading, [_Line.of(run, grok.ascii_only) for run in told], count)
        self.show(partial(_draw, said, made, grok.marker))

    @property
    def _grok(self) -> GrokApp:
        return cast("GrokApp", self.app)


@dataclass(frozen=True, slots=True)
class _Line:
    """What there is to say of a run, at length and in few words."""

    long: Text
    short: Text

    @classmethod
    def of(cls, run: Mapping[str, Any], ascii_only: bool) -> _Line:
        state = str(run["state"])
        glyphs = STATE_GLYPHS_ASCII if ascii_only else STATE_GLYPHS
        zone = (
            ZONE_LETTERS.get(run["zone"] or "undecided", "?")
            if state == "finished"
            else glyphs.get(state, "?")
        )
        value = format_number(run["validation_accuracy"], 3)
        name = Text(f"{run['run_id']:>6} ", style=style(run_colour(run["run_id"])), no_wrap=True)
        step = f"{zone} seed {run['seed']}  step {run['step'] or 0}  val acc {value}"
        return cls(
            name.copy().append(step, "default"), name.append(f"{zone} {value:<7}", "default")
        )


@dataclass(frozen=True, slots=True)
class _Said:
    heading: str
    runs: Sequence[_Line]
    count: int

    def lines(self, width: int, most: int) -> list[Text]:
        """The heading and every run: a line each, or if that is too much some beside each other.

        Those for which there is no room are counted.
        """
        heading = Text(self.heading, style="bold", no_wrap=True)
        if self.count < most:
            return [heading, *(run.long for run in self.runs)]
        short = [run.short for run in self.runs]
        each = max(1, width // max((cell_len(one.plain) for one in short), default=1))
        room = each * max(1, most - 1)
        if self.count > room or self.count > len(short):
            shown = short[: room - 1]
            short = [*shown, Text(f"  … +{self.count - len(shown)}", style="dim")]
        rows = [short[i : i + each] for i in range(0, len(short), each)]
        return [heading, *(Text(no_wrap=True).join(row) for row in rows)]


def _draw(
    said: _Said, made: Sequence[tuple[list[Series], Axes]], marker: Marker, width: int, height: int
) -> Text:
    """A third of the height for words, and as many charts as there is room for below them."""
    lines = said.lines(width, max(3, height // 3))
    if height - len(lines) < _LEAST:  # no chart
        lines = said.lines(width, height)
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    room = height - len(lines)
    count = 2 if room >= 3 * _LEAST else 1 if room >= _LEAST else 0
    legend = 0 if room < 2 * _LEAST else 1  # the runs have their colours above
    parts = [
        render_chart(series, axes, width, room // count, marker=marker, legend_rows=legend)
        for series, axes in made[:count]
    ]
    return Text("\n").join([*lines[:height], *parts])
