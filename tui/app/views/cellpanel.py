"""Beside the phase grid: the runs of one cell, how they ended, and their accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

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

MOST_RUNS = 16

_PANELS = (("validation_accuracy",), ("train_accuracy",))
_KIND = CurveKind.of("step", True, _PANELS, 0.0)


class CellPanel(Drawing, can_focus=False):
    """What there is to say of a cell; the keyboard stays with the grid."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._cell: Cell | None = None
        self._heading = ""
        self._show = Latest(self, self._read)

    def show_cell(self, cell: Cell | None, heading: str) -> None:
        """Show the runs of this cell below a heading such as ``width 8, train_size 300``."""
        self._cell, self._heading = cell, heading
        self._show()

    async def _read(self) -> None:
        if self._cell is None:
            self.show(lambda width, height: Text("no runs in this cell", style="dim"))
            return
        cell, curves, grok = self._cell, self._grok.curves, self._grok
        self._draw_cell(cell)
        missing = curves.missing(cell.run_ids[:MOST_RUNS], _KIND)
        if missing:
            await grok.blocking(curves.read, missing, _KIND)
            self._draw_cell(cell)

    def _draw_cell(self, cell: Cell) -> None:
        grok, ids = self._grok, cell.run_ids[:MOST_RUNS]
        runs = [dict(run) for run in grok.table.runs(ids)]
        made = charts(runs, grok.curves.get(ids, _KIND), _PANELS, ChartOptions())
        words = _words(self._heading, runs, len(cell.run_ids), grok.ascii_only)
        self.show(partial(_draw, words, made, grok.marker))

    @property
    def _grok(self) -> GrokApp:
        return cast("GrokApp", self.app)


def _words(heading: str, runs: Sequence[Any], total: int, ascii_only: bool) -> Text:
    text = Text(f"{heading}: {total} run{'s' if total > 1 else ''}\n", style="bold")
    glyphs = STATE_GLYPHS_ASCII if ascii_only else STATE_GLYPHS
    for run in runs:
        text.append(f"{run['run_id']:>6} ", style=style(run_colour(run["run_id"])))
        state = str(run["state"])
        zone = (
            ZONE_LETTERS.get(run["zone"] or "undecided", "?")
            if state == "finished"
            else glyphs.get(state, "?")
        )
        text.append(f"{zone} seed {run['seed']}  step {run['step'] or 0}")
        text.append(f"  val acc {format_number(run['validation_accuracy'], 3)}\n")
    return text


def _draw(
    words: Text, made: Sequence[tuple[list[Series], Axes]], marker: Marker, width: int, height: int
) -> Text:
    """A third of the height for words at most, and as many charts as there is room for."""
    lines = list(words.split("\n"))
    lines = lines[: max(1, min(len(lines), height // 3))]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    room = height - len(lines)
    count = 2 if room >= 18 else 1 if room >= 5 else 0
    parts = [
        render_chart(series, axes, width, room // count, marker=marker, legend_rows=1)
        for series, axes in made[:count]
    ]
    return Text("\n").join([*lines, *parts])
