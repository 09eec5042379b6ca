"""Phase grid: a sweep on two axes, filling in live, and the curves of the cursor's cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.app.frontiers import Frontiers
from tui.app.options import after
from tui.app.plane import Plane
from tui.app.screens.axes import ask_axes
from tui.app.views.base import View
from tui.app.views.cellpanel import CellPanel
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.table import literal
from tui.plots.cells import MEASURES, Cell
from tui.plots.grid import Frontier, GridStyle, place_at, render_grid

_PLANE = ("width", "train_size")
"""The axes of critical size and capacity."""


class GridView(View):
    """Cells aggregate the seeds of a sweep; zone by colour and letter, or a value."""

    NAME = "grid"

    def __init__(self) -> None:
        super().__init__()
        self.plane = Plane()
        self._look = GridStyle()
        self._frontiers = Frontiers(self, self._paint)

    def compose(self) -> ComposeResult:
        """The grid, and the cell under the cursor."""
        with Horizontal(id="grid-split"):
            yield Drawing(id="phase")
            yield CellPanel(id="cell")

    @property
    def phase(self) -> Drawing:
        """The grid as it is drawn."""
        return self.query_one("#phase", Drawing)

    def on_resize(self, event: events.Resize) -> None:
        """The cell's panel is beside the grid, or below it."""
        self.set_class(event.size.width >= 100, "wide")

    def show(self) -> None:
        """Bring the grid up to date and focus it."""
        self.update()
        self.take_focus(self.phase)

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

    @property
    def measure(self) -> str:
        """What cells show; a name from another version's state is the zone."""
        measure = self.grok.state.measure
        return measure if measure in MEASURES else "zone"

    def update(self) -> None:
        """The data or an option changed."""
        grok, state = self.grok, self.grok.state
        if grok.data_version:
            axes = state.grid_rows, state.grid_columns
            self.plane.lay_out(grok.table, self.sweep, *axes, self.measure)
            self._paint()

    def _paint(self) -> None:
        plane, state = self.plane, self.grok.state
        if not plane.cells:
            empty = Text(
                "No runs to lay out. Press n to launch a sweep, o to choose the axes.", style="dim"
            )
            self.phase.show(lambda width, height: empty)
            return
        self._look = GridStyle(
            f"{literal(plane.name)}: {MEASURES[self.measure].title}",
            self.measure,
            plane.cursor,
            frozenset(plane.marked),
            self._curves_over_plane(),
            self.grok.ascii_only,
        )
        names = _in_words(state.grid_rows), _in_words(state.grid_columns)
        self.phase.show(partial(_draw, plane.cells, *names, self._look))
        cell = plane.cell
        words = f"{state.grid_rows} {cell.row}, {state.grid_columns} {cell.column}" if cell else ""
        self.query_one(CellPanel).show_cell(cell, words)

    def _curves_over_plane(self) -> Sequence[Frontier]:
        state = self.grok.state
        if not state.frontiers or (state.grid_rows, state.grid_columns) != _PLANE:
            return ()
        return self._frontiers.of(self.sweep, self.plane.finished)

    def status(self) -> str:
        """Cells, marks, the filter does not count here."""
        cells, marked = self.plane.cells, self.plane.marked
        if not cells:
            return "" if self.grok.data_version else "reading …"
        done = sum(cell.live == "done" for cell in cells)
        parts = [f"{done} of {len(cells)} cells done"]
        if marked:
            parts.append(f"{len(marked)} marked")
        sweeps = self.sweeps
        if len(sweeps) > 1:
            parts.append(f"sweep {sweeps.index(self.sweep) + 1} of {len(sweeps)}")
        return " · ".join(parts)

    def targets(self) -> list[int]:
        """The runs of the marked cells, else of the cursor's."""
        return self.plane.run_ids()

    def why_not(self, action: str) -> str | None:
        """Without cells there is nothing to do."""
        needs = ("open", "mark", "again", "stop", "pause", "resume", "export")
        return "There are no cells." if action in needs and not self.plane.cells else None

    def back(self) -> bool:
        """The marks of cells are a layer."""
        if not self.plane.marked:
            return False
        self.do_unmark()
        return True

    # moving

    def _move(self, rows: int, columns: int) -> None:
        self.plane.move(rows, columns)
        self._paint()

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
        """The first cell of the row."""
        self.plane.move_to_end(-1)
        self._paint()

    def do_last(self) -> None:
        """The last cell of the row."""
        self.plane.move_to_end(1)
        self._paint()

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
            self.update()

    async def on_click(self, event: events.Click) -> None:
        """A click moves to a cell; on the cursor, or twice, it opens the cell's curves."""
        at, plane = event.get_content_offset(self.phase), self.plane
        if at is None or not plane.cells:
            return
        name = _in_words(self.grok.state.grid_rows)
        place = place_at(plane.cells, name, *self.phase.content_size, self._look, *at)
        if place == plane.cursor:
            await self.do_open()
        elif place:
            plane.go_to(place)
            self._paint()

    # selecting and looking

    async def do_open(self) -> None:
        """The curves of the marked cells, else of the cursor's, in Curves."""
        await self.grok.show_curves(self.targets())

    def do_mark(self) -> None:
        """Mark the cell, or take its mark away."""
        self.plane.toggle_mark()
        self._paint()

    def do_mark_all(self) -> None:
        """Mark every cell, or none."""
        self.plane.toggle_all()
        self._paint()

    def do_unmark(self) -> None:
        """Take the marks away."""
        self.plane.marked.clear()
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
        state, table = self.grok.state, self.grok.table
        ids = [int(run["run_id"]) for run in table.runs() if run["sweep_id"] == self.sweep]

        def chosen(rows: str, columns: str) -> None:
            state.grid_rows, state.grid_columns = rows, columns
            self.update()

        ask_axes(self.app, (state.grid_rows, state.grid_columns), table.differing(ids), chosen)

    def do_export(self) -> Any:
        """Write the grid to a file."""
        from tui.app.exporting import export_grid

        return export_grid(self.grok, self.plane.cells, self.phase.picture)


def _draw(
    cells: Sequence[Cell], row: str, column: str, look: GridStyle, width: int, height: int
) -> Text:
    return render_grid(cells, row, column, width, height, look)


def _in_words(key: str) -> str:
    return key.replace("_", " ")
