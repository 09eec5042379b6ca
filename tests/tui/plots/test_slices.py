"""Runs of one cell that differ in more than their seed are on slices of the grid."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.plots.slices import in_order, slices_of, words

RUNS = [
    (width, size, heads, task, wd)
    for width, heads in ((4, 1), (8, 2))
    for size in (100, 200)
    for task in ("subtract", "add")
    for wd in (10.0, 2.0)
]


def slices(*keys: str) -> list[tuple[tuple[str, int | float | str], ...]]:
    widths, sizes, heads, tasks, decays = (list(column) for column in zip(*RUNS, strict=True))
    known = {"heads": heads, "task": tasks, "weight_decay": decays}
    return slices_of((widths, sizes), {key: known[key] for key in keys})


def test_what_differs_within_cells_makes_slices_and_what_goes_with_an_axis_does_not() -> None:
    assert set(slices("heads")) == {()}
    ordered = in_order(slices("heads", "task", "weight_decay"))
    assert [words(one) for one in ordered] == [
        "task add, weight_decay 2",
        "task add, weight_decay 10",
        "task subtract, weight_decay 2",
        "task subtract, weight_decay 10",
    ]


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 4), min_size=1))
def test_runs_of_one_cell_and_slice_agree_in_every_key(
    runs: list[tuple[int, int, int, int]],
) -> None:
    rows, columns, first, second = (list(values) for values in zip(*runs, strict=True))
    found = slices_of((rows, columns), {"first": first, "second": second})
    together: dict[object, tuple[int, int]] = {}
    for (row, column, *keys), one in zip(runs, found, strict=True):
        assert together.setdefault((row, column, one), (keys[0], keys[1])) == (keys[0], keys[1])
    assert set(in_order(found)) == set(found)
