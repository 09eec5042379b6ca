"""A sweep on two axes: its cells, which of them has the cursor, and which are marked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tui.app.runtable import RunTable
from tui.plots.cells import Cell, aggregate, remeasured
from tui.plots.grid import axis_values
from tui.plots.gridlayout import Place
from tui.plots.slices import Slice, in_order, slices_of


class Plane:
    """There need not be a cell at every place; the cursor and the marks are where there is one."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.by_place: Mapping[Place, Cell] = {}
        self.cursor: Place | None = None  # where there are no cells at all
        self.marked: set[Place] = set()
        self.name = ""
        """Of the sweep: its id and what it is called."""
        self.finished = 0
        """How many of its runs have finished."""
        self.slices: list[Slice] = [()]
        """Where runs of one cell differ in more than their seed: what there is to show."""
        self.slice: Slice = ()
        self._laid_out: tuple[object, ...] = ()
        self._steps: dict[Place, tuple[int, int]] = {}  # rows and columns from the corner
        self._at: dict[tuple[int, int], Place] = {}

    def lay_out(
        self,
        table: RunTable,
        sweep: int,
        axes: tuple[str, str],
        measure: str,
        listed: Sequence[int] | None = None,
        filter: object = "",
    ) -> None:
        """Lay out the runs of a sweep on two keys; another sweep, axis or slice takes marks away.

        Only runs that are ``listed`` count, if given; as long as ``filter`` and the runs stay the
        same, they are the same. What is laid out already is left as it is: ten thousand runs take
        a while.
        """
        wanted = (sweep, *axes, self.slice, filter, table.revision(sweep), measure)
        if wanted == self._laid_out:
            return
        if wanted[:-1] == self._laid_out[:-1]:
            self.cells = remeasured(self.cells, measure, table.values)
        else:
            self._aggregate(table, sweep, axes, measure, listed)
        wanted = (*wanted[:3], self.slice, *wanted[4:])
        if wanted[:4] != self._laid_out[:4]:
            self.marked.clear()
        self._laid_out = wanted
        self._place_cells()

    def _aggregate(
        self,
        table: RunTable,
        sweep: int,
        axes: tuple[str, str],
        measure: str,
        listed: Sequence[int] | None,
    ) -> None:
        runs = [run for run in table.runs() if run["sweep_id"] == sweep]
        self.finished = sum(run["state"] == "finished" for run in runs)
        self.name = f"s{sweep} {runs[0]['sweep']}" if runs else ""
        if listed is not None:
            passing = set(listed)
            runs = [run for run in runs if run["run_id"] in passing]
        ids = [int(run["run_id"]) for run in runs]
        others = [key for key in table.differing(ids) if key not in ("seed", *axes)]
        if others:
            row, column = (table.values(key, ids) for key in axes)
            slices = slices_of((row, column), {key: table.values(key, ids) for key in others})
            self.slices = in_order(slices)
        else:
            self.slices = [()]
        if self.slice not in self.slices:
            self.slice = self.slices[0]
        if self.slice:
            runs = [run for run, its in zip(runs, slices, strict=True) if its == self.slice]
        self.cells = aggregate(runs, *axes, measure)

    def turn(self, by: int) -> None:
        """To another slice, from the next :meth:`lay_out` on."""
        place = self.slices.index(self.slice) + by
        self.slice = self.slices[place % len(self.slices)]

    def _place_cells(self) -> None:
        self.by_place = {(cell.row, cell.column): cell for cell in self.cells}
        rows = {value: i for i, value in enumerate(axis_values(self.cells, "row"))}
        columns = {value: i for i, value in enumerate(axis_values(self.cells, "column"))}
        self._steps = {place: (rows[place[0]], columns[place[1]]) for place in self.by_place}
        self._at = {steps: place for place, steps in self._steps.items()}
        self.marked &= set(self.by_place)
        if self.cursor not in self.by_place:  # to the upper left, as the grid is drawn
            corner = (len(rows) - 1, 0)
            self.cursor = min(self.by_place, key=lambda p: self._distance(p, *corner), default=None)

    @property
    def cell(self) -> Cell | None:
        """The cursor's cell."""
        return self.by_place[self.cursor] if self.cursor else None

    def run_ids(self) -> list[int]:
        """The runs of the marked cells, else of the cursor's."""
        places: Collection[Place | None] = self.marked or {self.cursor}
        return [i for place, cell in self.by_place.items() if place in places for i in cell.run_ids]

    # moving

    def move(self, rows: int, columns: int) -> None:
        """The cursor up or down, or sideways; over a hole to the nearest cell that way."""
        if self.cursor is None:
            return
        row, column = self._steps[self.cursor]
        wanted = row + rows, column + columns

        def that_way(place: Place) -> bool:
            steps = self._steps[place]
            return (steps[0] - row) * rows + (steps[1] - column) * columns > 0

        if wanted in self._at:
            self.cursor = self._at[wanted]
        else:
            self.cursor = min(
                filter(that_way, self.by_place),
                key=lambda place: self._distance(place, *wanted),
                default=self.cursor,
            )

    def _distance(self, place: Place, row: int, column: int) -> tuple[int, int]:
        """In steps; of equally near places those in the nearer row come first."""
        rows, columns = self._steps[place]
        return abs(rows - row) + abs(columns - column), abs(rows - row)

    def move_to_end(self, direction: int) -> None:
        """The cursor to the first (-1) or last (1) cell of its row."""
        row = [place for place in self.by_place if self.cursor and place[0] == self.cursor[0]]
        self.cursor = max(row, key=lambda p: direction * self._steps[p][1], default=self.cursor)

    def go_to(self, place: Place) -> None:
        """The cursor to a place, if there is a cell."""
        if place in self.by_place:
            self.cursor = place

    # marking

    def toggle_mark(self) -> None:
        """Mark the cursor's cell, or take its mark away."""
        if self.cursor:
            self.marked ^= {self.cursor}

    def toggle_all(self) -> None:
        """Mark every cell, or none if all are."""
        self.marked = set() if len(self.marked) == len(self.by_place) else set(self.by_place)
