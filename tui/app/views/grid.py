"""Phase grid: a sweep on two axes, filling in live, and the curves of the cursor's cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.app.charting import NO_VALIDATION, has_validation
from tui.app.frontiers import Frontiers
from tui.app.plane import Plane
from tui.app.views.base import View, filter_words
from tui.app.views.cellpanel import CellPanel
from tui.app.views.gridactions import GridActions
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.table import literal
from tui.plots.cells import MEASURES, Cell
from tui.plots.grid import Frontier, GridStyle, place_at, render_grid
from tui.plots.slices import words

_PLANE = ("width", "train_size")
"""The axes of critical size and capacity."""


class GridView(View, GridActions):
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
            filtered = bool(state.filter) and not grok.selection.wrong
            listed = grok.selection.ids if filtered else None
            in_force = state.filter if filtered else ""
            self.plane.lay_out(grok.table, self.sweep, axes, self.measure, listed, in_force)
            self._paint()

    def _paint(self) -> None:
        plane, state = self.plane, self.grok.state
        cell = plane.cell
        place = f"{state.grid_rows} {cell.row}, {state.grid_columns} {cell.column}" if cell else ""
        self.query_one(CellPanel).show_cell(cell, place)
        if not cell:
            empty = Text(self._why_empty(), style="dim")
            self.phase.show(lambda width, height: empty)
            return
        title = plane.name
        if plane.slice:
            which = plane.slices.index(plane.slice) + 1
            title += f" · {words(plane.slice)} ({which} of {len(plane.slices)}: , and .)"
        title += f": {MEASURES[self.measure].title}"
        self._look = GridStyle(
            literal(title),
            self.measure,
            plane.cursor,
            frozenset(plane.marked),
            self._curves_over_plane(),
            self.grok.ascii_only,
            absent=self._absent(),
        )
        names = _in_words(state.grid_rows), _in_words(state.grid_columns)
        self.phase.show(partial(_draw, plane.cells, *names, self._look))

    def _why_empty(self) -> str:
        if not self.sweeps:
            return "No runs yet. Press n to launch a sweep."
        if self.grok.state.filter:
            return (
                f"No run of {self.plane.name} passes the filter {self.grok.state.filter}. "
                "Esc takes it away, [ and ] go to other sweeps."
            )
        return "No runs to lay out on these axes. Press o to choose others."

    def _absent(self) -> str:
        """Why a cell has no value."""
        measure = MEASURES[self.measure]
        if measure.validates:
            table = self.grok.table
            first = [table.run(cell.run_ids[0]) for cell in self.plane.cells]
            if not any(map(has_validation, first)):
                return NO_VALIDATION
        return measure.absent

    def _curves_over_plane(self) -> Sequence[Frontier]:
        state, plane = self.grok.state, self.plane
        if not state.frontiers or (state.grid_rows, state.grid_columns) != _PLANE:
            return ()
        return self._frontiers.of(self.sweep, plane.finished, plane.slice)

    def status(self) -> str:
        """The filter, then cells, marks and sweeps."""
        grok, cells, marked = self.grok, self.plane.cells, self.plane.marked
        if not grok.data_version:
            return "reading …"
        parts = filter_words(grok)
        if cells:
            done = sum(cell.live == "done" for cell in cells)
            parts.append(f"{done} of {len(cells)} cells done")
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
        """Without cells there is nothing to do, and most sweeps have one slice."""
        turning = action in ("next_slice", "previous_slice") and self.plane.cells
        if turning and len(self.plane.slices) < 2:
            return "The runs of each cell differ in nothing but their seed: there is one slice."
        if action == "unmark" and not self.plane.marked:
            return "No cell is marked."
        if action == "sweeps" and not self.sweeps:
            return "There is no sweep yet."
        if action in ("next", "previous") and len(self.sweeps) == 1:
            return "There is one sweep."
        needs = ("open", "mark", "again", "stop", "pause", "resume", "export", "next_slice",
                 "previous_slice")  # fmt: skip
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
