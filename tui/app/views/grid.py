"""Phase grid: a sweep on two axes, filling in live, and the curves of the cursor's cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.app.charting import ChartOptions, charts
from tui.app.curvecache import CurveKind
from tui.app.frontiers import Frontiers
from tui.app.options import after
from tui.app.runtable import CONFIG_KEYS
from tui.app.screens.dialogs import Ask
from tui.app.views.base import View
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.latest import Latest
from tui.app.widgets.table import literal
from tui.plots.cells import MEASURES, Cell, Key, aggregate, remeasured
from tui.plots.chart import render_chart
from tui.plots.colours import STATE_GLYPHS, STATE_GLYPHS_ASCII, ZONE_LETTERS, run_colour, style
from tui.plots.grid import GridStyle, axis_values, place_at, render_grid
from tui.plots.gridlayout import Place
from tui.plots.numbers import format_number

_PLANE = ("width", "train_size")
"""The axes of critical size and capacity."""

_CELL_PANELS = (("validation_accuracy",), ("train_accuracy",))


class GridView(View):
    """Cells aggregate the seeds of a sweep; zone by colour and letter, or a value."""

    NAME = "grid"

    def __init__(self) -> None:
        super().__init__()
        self.cursor: Place | None = None
        self.marked: set[Place] = set()
        self._cells: list[Cell] = []
        self._by_place: dict[Place, Cell] = {}
        self._rows: list[Key] = []
        self._columns: list[Key] = []
        self._cells_for: tuple[object, ...] = ()
        self._finished = 0
        self._name = self._title = ""
        self._look = GridStyle()
        self._frontiers = Frontiers(self, self._paint)
        self._show_cell = Latest(self, self._read_cell)

    def compose(self) -> ComposeResult:
        """The grid, and the cell under the cursor."""
        with Horizontal(id="grid-split"):
            yield Drawing(id="phase")
            yield Drawing(id="cell")

    def on_mount(self) -> None:
        """The keyboard stays with the grid."""
        self.query_one("#cell", Drawing).can_focus = False

    def on_resize(self, event: events.Resize) -> None:
        """The cell's panel is beside the grid, or below it."""
        self.set_class(event.size.width >= 100, "wide")

    def show(self) -> None:
        """Bring the grid up to date and focus it."""
        self.update()
        self.take_focus(self.query_one("#phase", Drawing))

    # what is shown

    @property
    def sweeps(self) -> list[int]:
        """Every sweep that has runs, the oldest first."""
        return sorted(set(self.grok.table.columns.get("sweep_id", ())))

    @property
    def sweep(self) -> int:
        """The sweep in sight: the chosen one, else the newest."""
        sweeps = self.sweeps
        chosen = self.grok.state.grid_sweep
        return chosen if chosen in sweeps else sweeps[-1] if sweeps else 0

    def update(self) -> None:
        """The data or an option changed."""
        grok, state = self.grok, self.grok.state
        if not grok.data_version:
            return
        sweep = self.sweep
        row, column = state.grid_rows, state.grid_columns
        measure = state.measure if state.measure in MEASURES else "zone"
        wanted = (sweep, row, column, grok.table.revision(sweep), measure)
        if wanted == self._cells_for:  # something else has changed: ten thousand runs take a while
            self._paint()
            return
        if wanted[:-1] == self._cells_for[:-1]:
            self._cells = remeasured(self._cells, measure, grok.table.values)
        else:
            runs = [run for run in grok.table.runs() if run["sweep_id"] == sweep]
            self._cells = aggregate(runs, row, column, measure)
            self._finished = sum(run["state"] == "finished" for run in runs)
            self._name = f"s{sweep} {literal(runs[0]['sweep'])}" if runs else ""
        self._cells_for = wanted
        self._by_place = {(cell.row, cell.column): cell for cell in self._cells}
        self._rows, self._columns = (
            axis_values(self._cells, "row"),
            axis_values(self._cells, "column"),
        )
        self.marked &= set(self._by_place)
        if self.cursor not in self._by_place:
            self.cursor = (self._rows[-1], self._columns[0]) if self._cells else None
        self._title = f"{self._name}: {MEASURES[measure].title}" if self._name else ""
        self._paint()

    @property
    def _on_plane(self) -> bool:
        state = self.grok.state
        return (state.grid_rows, state.grid_columns) == _PLANE

    def _paint(self) -> None:
        grok, state = self.grok, self.grok.state
        if not self._cells:
            empty = Text(
                "No runs to lay out. Press n to launch a sweep, o to choose the axes.", style="dim"
            )
            self.query_one("#phase", Drawing).show(lambda width, height: empty)
            return
        look = self._look = GridStyle(
            self._title,
            state.measure if state.measure in MEASURES else "zone",
            self.cursor,
            frozenset(self.marked),
            self._frontiers.of(self.sweep, self._finished)
            if state.frontiers and self._on_plane
            else (),
            grok.ascii_only,
        )
        draw = partial(_draw_grid, self._cells, state.grid_rows, state.grid_columns, look)
        self.query_one("#phase", Drawing).show(draw)
        self._show_cell()

    async def _read_cell(self) -> None:
        grok = self.grok
        cell = self._by_place.get(self.cursor) if self.cursor else None
        drawing = self.query_one("#cell", Drawing)
        if cell is None:
            drawing.show(lambda width, height: Text("no runs in this cell", style="dim"))
            return
        ids = list(cell.run_ids)[:16]
        kind = CurveKind.of("step", True, _CELL_PANELS, 0.0)
        for last in (False, True):
            missing = grok.curves.missing(ids, kind)
            if last and missing:
                await grok.blocking(grok.curves.read, missing, kind)
            elif last:
                return
            runs = [dict(run) for run in grok.table.runs(ids)]
            made = charts(
                runs, grok.curves.get(ids, kind),
                _CELL_PANELS, ChartOptions(),
            )  # fmt: skip
            words = _cell_text(self._heading(cell), runs, len(cell.run_ids), grok.ascii_only)
            drawing.show(partial(_draw_cell, words, made, grok.marker))

    def _heading(self, cell: Cell) -> str:
        state = self.grok.state
        return f"{state.grid_rows} {cell.row}, {state.grid_columns} {cell.column}"

    def status(self) -> str:
        """Cells, marks, the filter does not count here."""
        if not self._cells:
            return "" if self.grok.data_version else "reading …"
        done = sum(cell.live == "done" for cell in self._cells)
        parts = [f"{done} of {len(self._cells)} cells done"]
        if self.marked:
            parts.append(f"{len(self.marked)} marked")
        sweeps = self.sweeps
        if len(sweeps) > 1:
            parts.append(f"sweep {sweeps.index(self.sweep) + 1} of {len(sweeps)}")
        return " · ".join(parts)

    def targets(self) -> list[int]:
        """The runs of the marked cells, else of the cursor's."""
        places = self.marked or ({self.cursor} if self.cursor else set())
        return [i for place in places if (cell := self._by_place.get(place)) for i in cell.run_ids]

    def why_not(self, action: str) -> str | None:
        """Without cells there is nothing to do."""
        needs = ("open", "mark", "again", "stop", "pause", "resume", "export")
        return "There are no cells." if action in needs and not self._cells else None

    def back(self) -> bool:
        """The marks of cells are a layer."""
        if not self.marked:
            return False
        self.do_unmark()
        return True

    # moving

    def _move(self, rows: int, columns: int) -> None:
        if self.cursor is None:
            return
        row = min(max(self._rows.index(self.cursor[0]) + rows, 0), len(self._rows) - 1)
        column = min(max(self._columns.index(self.cursor[1]) + columns, 0), len(self._columns) - 1)
        place = (self._rows[row], self._columns[column])
        if place not in self._by_place:  # a hole in the plane: the nearest cell that way
            place = min(
                (p for p in self._by_place if p != self.cursor),
                key=lambda p: self._distance(p, row, column),
                default=self.cursor,
            )
        self.cursor = place
        self._paint()

    def _distance(self, place: Place, row: int, column: int) -> int:
        return abs(self._rows.index(place[0]) - row) + abs(self._columns.index(place[1]) - column)

    def do_down(self) -> None:
        """The smaller row value, which is drawn below."""
        self._move(-1, 0)

    def do_up(self) -> None:
        """The larger row value."""
        self._move(1, 0)

    def do_left(self) -> None:
        """The smaller column value."""
        self._move(0, -1)

    def do_right(self) -> None:
        """The larger column value."""
        self._move(0, 1)

    def do_first(self) -> None:
        """The first column."""
        self._move(0, -len(self._columns))

    def do_last(self) -> None:
        """The last column."""
        self._move(0, len(self._columns))

    def do_next(self) -> None:
        """The next sweep."""
        self._turn(1)

    def do_previous(self) -> None:
        """The sweep before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        sweeps = self.sweeps
        if sweeps:
            self.grok.state.grid_sweep = sweeps[(sweeps.index(self.sweep) + by) % len(sweeps)]
            self.marked.clear()
            self.update()

    async def on_click(self, event: events.Click) -> None:
        """A click moves to a cell; on the cursor, or twice, it opens the cell's curves."""
        phase = self.query_one("#phase", Drawing)
        at = event.get_content_offset(phase)
        if at is None or not self._cells:
            return
        name = _in_words(self.grok.state.grid_rows)
        place = place_at(self._cells, name, *phase.content_size, self._look, *at)
        if place == self.cursor:
            await self.do_open()
        elif place in self._by_place:
            self.cursor = place
            self._paint()

    # selecting and looking

    async def do_open(self) -> None:
        """The curves of the marked cells, else of the cursor's, in Curves."""
        await self.grok.show_curves(self.targets())

    def do_mark(self) -> None:
        """Mark the cell, or take its mark away."""
        if self.cursor:
            self.marked ^= {self.cursor}
            self._paint()

    def do_mark_all(self) -> None:
        """Mark every cell, or none."""
        self.marked = set() if len(self.marked) == len(self._by_place) else set(self._by_place)
        self._paint()

    def do_unmark(self) -> None:
        """Take the marks away."""
        self.marked.clear()
        self._paint()

    def do_metric(self) -> None:
        """The next measure."""
        self.grok.state.measure = after(list(MEASURES), self.grok.state.measure)
        self.update()

    def do_frontier(self) -> None:
        """Critical size and capacity, or not."""
        self.grok.state.frontiers = not self.grok.state.frontiers
        self.update()

    def do_axes(self) -> None:
        """Ask for the two keys that are the axes."""
        state = self.grok.state
        ids = [
            int(run["run_id"]) for run in self.grok.table.runs() if run["sweep_id"] == self.sweep
        ]
        differing = ", ".join(self.grok.table.differing(ids))

        def check(text: str) -> str | None:
            keys = text.replace(",", " ").split()
            unknown = [key for key in keys if key not in CONFIG_KEYS]
            if unknown:
                return f"There is no configuration key '{unknown[0]}'."
            return None if len(keys) == 2 and keys[0] != keys[1] else "Two different keys, please."

        def done(text: str | None) -> None:
            if text is not None:
                state.grid_rows, state.grid_columns = text.replace(",", " ").split()
                self.marked.clear()
                self.update()

        hint = f"rows, columns; what differs here: {differing or 'nothing'}"
        self.app.push_screen(
            Ask("Axes", f"{state.grid_rows}, {state.grid_columns}", hint, check), done
        )

    def do_export(self) -> Any:
        """Write the grid to a file."""
        from tui.app.exporting import export_grid

        return export_grid(self.grok, self._cells, self.query_one("#phase", Drawing).picture)


def _draw_grid(
    cells: Sequence[Cell], row: str, column: str, look: GridStyle, width: int, height: int
) -> Text:
    return render_grid(cells, _in_words(row), _in_words(column), width, height, look)


def _in_words(key: str) -> str:
    return key.replace("_", " ")


def _cell_text(heading: str, runs: Sequence[Any], total: int, ascii_only: bool) -> Text:
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


def _draw_cell(words: Text, made: Any, marker: Any, width: int, height: int) -> Text:
    lines = words.split("\n")[: max(1, min(len(words.plain.split(chr(10))), height // 3))]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    room = height - len(lines)
    count = 2 if room >= 18 else 1 if room >= 5 else 0
    parts = [
        render_chart(series, axes, width, room // count, marker=marker, legend_rows=1)
        for series, axes in made[:count]
    ]
    return Text("\n").join([*lines, *parts])
