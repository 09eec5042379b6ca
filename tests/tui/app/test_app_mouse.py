"""The mouse where it helps: rows, lines of a list, names of views and tabs, cells of the grid."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.app.driving import Driver
from tui.app.actions import VIEWS
from tui.app.screens.dialogs import Choose
from tui.app.views.curves import CurvesView
from tui.app.views.grid import GridView
from tui.app.views.runs import RunsView
from tui.app.widgets.drawing import Drawing
from tui.app.widgets.table import Table

Run = Callable[..., None]


def runs_of(d: Driver) -> RunsView:
    view = d.app.view
    assert isinstance(view, RunsView)
    return view


def find(d: Driver, words: str) -> tuple[int, int]:
    """Where on the screen these words begin."""
    for y, line in enumerate(d.text.split("\n")):
        if words in line:
            return line.index(words), y
    raise AssertionError(f"{words!r} is not on the screen:\n{d.text}")


def test_a_click_moves_to_a_row_and_a_second_one_opens_it(run: Run) -> None:
    async def script(d: Driver) -> None:
        table = runs_of(d).rows
        await d.click(10, table.region.y + 1 + 5)
        assert table.key == 27
        await d.click(10, table.region.y + 1 + 5)
        assert isinstance(d.app.view, CurvesView)
        assert d.app.view.targets() == [27]

    run(script)


def test_a_click_on_a_heading_or_below_the_rows_does_nothing(run: Run) -> None:
    async def script(d: Driver) -> None:
        table = runs_of(d).rows
        await d.press("j")
        await d.click(10, table.region.y)
        await d.click(10, table.region.bottom - 1)
        assert table.key == 31
        assert d.app.state.view == "runs"

    run(script, size=(130, 60))


def test_a_click_in_a_list_takes_its_line(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("question_mark")
        assert isinstance(d.app.screen, Choose)
        await d.type("phase grid")
        table = d.app.screen.query_one(Table)
        await d.click(table.region.x + 4, table.region.y + 1)
        assert d.app.state.view == "grid"

    run(script)


@pytest.mark.parametrize("width", [130, 70])
def test_a_click_on_the_name_of_a_view_goes_there(run: Run, width: int) -> None:
    async def script(d: Driver) -> None:
        for place, view in enumerate(VIEWS, 1):
            await d.click(d.text.index(f" {place} ") + 1, 0)
            assert d.app.state.view == view
        await d.click(width - 1, 0)
        assert d.app.state.view == VIEWS[-1]

    run(script, size=(width, 36))


def test_a_click_on_a_tab_shows_it(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G")
        x, y = find(d, " Details ")
        await d.click(x, y)
        await d.until(lambda: "learning_rate" in d.text)
        await d.click(*find(d, " Checkpoints "))
        await d.until(lambda: "heckpoint" in d.text.replace("Checkpoints", ""))
        await d.click(x - 2, y)
        await d.until(lambda: "━ train" in d.text)
        assert d.app.state.view == "runs"

    run(script)


@pytest.mark.parametrize("size", [(130, 36), (60, 18), (200, 60)])
def test_a_click_moves_to_a_cell_and_a_second_one_opens_it(run: Run, size: tuple[int, int]) -> None:
    async def script(d: Driver) -> None:
        await d.press("3")
        view = d.app.view
        assert isinstance(view, GridView)
        phase = view.query_one("#phase", Drawing)
        await d.press("l", "l", "j")  # its place in the picture is found by moving there
        x, y = find(d, ">U*<" if ">U*<" in d.text else ">")
        there = view.plane.cursor
        await d.press("g", "k")
        assert view.plane.cursor != there
        await d.click(x + 1, y)
        assert view.plane.cursor == there
        await d.click(phase.region.x, phase.region.y)  # the title is no cell
        assert (view.plane.cursor, d.app.state.view) == (there, "grid")
        await d.click(x + 1, y)
        curves = d.app.view
        assert isinstance(curves, CurvesView)
        runs = [dict(d.app.table.run(i)) for i in curves.targets()]
        assert {(r["width"], r["train_size"]) for r in runs} == {there}
        assert len(runs) == 2

    run(script, size=size)
