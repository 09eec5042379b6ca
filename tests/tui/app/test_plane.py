"""The phase grid's cells: where the cursor goes, what is marked, which runs that is."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tui.app.plane import Plane
from tui.app.runtable import RunTable
from tui.plots.gridlayout import Place

NAMES = ("run_id", "sweep_id", "sweep", "state", "width", "train_size", "zone", "seed", "step")
Cells = list[tuple[int, int]]

MOVES = {"j": (-1, 0), "k": (1, 0), "h": (0, -1), "l": (0, 1)}

every_cell = list(product((4, 8, 16, 32), (200, 300, 400)))
some_cells = st.lists(st.sampled_from(every_cell), min_size=1, max_size=12, unique=True)
keys = st.text("jkhlgG", max_size=20)


def fill(table: RunTable, *sweeps: Cells) -> None:
    """Two seeds a cell."""
    rows = [
        (sweep, width, size, seed)
        for sweep, cells in enumerate(sweeps, 1)
        for width, size in cells
        for seed in (0, 1)
    ]
    table.set_overview(
        NAMES,
        [
            (i, sweep, f"name {sweep}", "finished" if seed else "queued", width, size, "", seed, 0)
            for i, (sweep, width, size, seed) in enumerate(rows, 1)
        ],
    )


def plane_of(cells: Cells) -> tuple[Plane, RunTable]:
    plane, table = Plane(), RunTable()
    fill(table, cells)
    lay_out(plane, table)
    return plane, table


def lay_out(plane: Plane, table: RunTable, sweep: int = 1, column: str = "train_size") -> None:
    plane.lay_out(table, sweep, ("width", column), "zone")


def press(plane: Plane, pressed: str) -> None:
    for key in pressed:
        if key in MOVES:
            plane.move(*MOVES[key])
        else:
            plane.move_to_end(1 if key == "G" else -1)


@given(some_cells, keys)
def test_the_cursor_is_always_on_a_cell(cells: Cells, pressed: str) -> None:
    plane, _ = plane_of(cells)
    for key in pressed:
        assert plane.cursor in cells
        press(plane, key)
    assert plane.cursor in cells
    assert plane.cell is not None
    assert (plane.cell.row, plane.cell.column) == plane.cursor


@given(some_cells, keys, st.sampled_from("jkhl"))
def test_a_move_goes_that_way_as_long_as_there_is_a_cell(
    cells: Cells, pressed: str, key: str
) -> None:
    plane, _ = plane_of(cells)
    press(plane, pressed)
    before = plane.cursor
    press(plane, key)
    axis, direction = (0, MOVES[key][0]) if key in "jk" else (1, MOVES[key][1])
    assert before is not None
    assert plane.cursor is not None
    was, now = int(before[axis]), int(plane.cursor[axis])
    if any((cell[axis] - was) * direction > 0 for cell in cells):
        assert (now - was) * direction > 0
    else:
        assert plane.cursor == before


@given(some_cells, keys)
def test_every_cell_can_be_reached_and_the_ends_are_those_of_the_row(
    cells: Cells, pressed: str
) -> None:
    plane, _ = plane_of(cells)
    press(plane, pressed)
    seen = set()
    waiting = [plane.cursor]
    while waiting:
        plane.cursor = waiting.pop()
        seen.add(plane.cursor)
        here = plane.cursor
        for key in "jkhl":
            plane.cursor = here
            press(plane, key)
            if plane.cursor not in seen:
                waiting.append(plane.cursor)
    assert seen == set(cells)
    for key, end in (("g", min), ("G", max)):
        press(plane, key)
        assert plane.cursor is not None
        row = plane.cursor[0]
        assert plane.cursor == (row, end(column for width, column in cells if width == row))


def test_over_a_hole_the_cursor_stays_in_its_row() -> None:
    plane, _ = plane_of([(4, 200), (4, 400), (8, 300)])
    plane.go_to((4, 200))
    press(plane, "l")
    assert plane.cursor == (4, 400)
    plane.go_to((16, 200))  # there is no such cell
    assert plane.cursor == (4, 400)


@given(some_cells, st.lists(st.sampled_from(every_cell)))
def test_the_runs_of_marked_cells_come_before_those_of_the_cursor(
    cells: Cells, marks: Cells
) -> None:
    plane, table = plane_of(cells)
    wanted: set[Place] = set()
    for place in marks:
        if place in cells:
            plane.go_to(place)
            plane.toggle_mark()
            wanted ^= {place}
    assert plane.marked == wanted
    runs = [table.run(i) for i in plane.run_ids()]
    assert plane.cursor is not None
    assert {(run["width"], run["train_size"]) for run in runs} == (wanted or {plane.cursor})
    assert len(runs) == 2 * max(1, len(wanted))
    plane.toggle_all()
    assert plane.marked == (set() if wanted == set(cells) else set(cells))


def test_cursor_and_marks_stay_with_new_data_and_marks_go_with_another_sweep_or_axis() -> None:
    plane, table = plane_of([(4, 200), (4, 300)])
    plane.go_to((4, 300))
    plane.toggle_mark()
    fill(table, [(4, 200), (4, 300), (8, 300)], [(4, 300)])
    lay_out(plane, table)
    assert (plane.cursor, plane.marked) == ((4, 300), {(4, 300)})
    assert len(plane.cells) == 3
    lay_out(plane, table, 2)
    assert (plane.cursor, plane.marked, plane.name) == ((4, 300), set(), "s2 name 2")
    plane.toggle_mark()
    lay_out(plane, table, 2, "seed")
    assert (plane.cursor, plane.marked, plane.finished) == ((4, 0), set(), 1)


def test_what_went_away_has_neither_cursor_nor_mark() -> None:
    plane, table = plane_of(every_cell)
    assert plane.cursor == (32, 200), "the upper left, as the grid is drawn"
    plane.toggle_mark()
    fill(table, [(4, 200), (32, 400), (16, 400)])
    lay_out(plane, table)
    assert plane.marked == set()
    assert plane.cursor == (32, 400)
    fill(table, [])
    lay_out(plane, table)
    assert plane.cursor is None
    assert plane.cell is None
    assert plane.run_ids() == []
    press(plane, "jkhlgG")
    plane.toggle_mark()
    plane.toggle_all()
    assert not plane.marked
