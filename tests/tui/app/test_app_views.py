"""What each action does, through keys: curves, grid and SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.widgets import Input

from tests.tui.app.driving import Driver
from tui.app.screens.dialogs import Choose
from tui.app.screens.launch import Launch
from tui.app.views.curves import CurvesView
from tui.app.views.grid import GridView
from tui.app.views.sql import SqlView
from tui.app.widgets.editor import Editor

Script = Callable[[Driver], Awaitable[None]]
Run = Callable[..., None]


# Curves


def test_curves_of_marked_runs(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "enter")
        view = d.app.view
        assert isinstance(view, CurvesView)
        assert view.targets() == [1]
        await d.press("1", "space", "k", "space", "2")
        assert sorted(view.targets()) == [1, 2]
        assert "validation accuracy" in d.text
        await d.press("A")
        assert "(2 seeds)" in d.text
        await d.press("A", "f")
        assert view.front in (1, 2)
        await d.press("m")
        assert d.app.state.metrics == "accuracy"

    run(script)


def test_the_crosshair_steps_over_points_and_escape_undoes_layers(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "2")
        view = d.app.view
        assert isinstance(view, CurvesView)
        await d.press("full_stop")
        first = view.viewport.crosshair
        assert first is not None
        assert d.text.count(f"step {round(first)}") == 4
        await d.press("l")
        assert view.viewport.crosshair is not None
        assert view.viewport.crosshair > first
        await d.press("H")
        assert view.viewport.crosshair < first
        await d.press("G")
        assert round(view.viewport.crosshair) == 4000
        await d.press("plus", "enter")
        assert view.viewport.limits is not None
        assert view.full_screen == 0
        await d.press("escape")
        assert view.viewport.crosshair is None
        await d.press("escape")
        assert view.viewport.limits is None
        await d.press("escape")
        assert view.full_screen is None

    run(script)


def test_zoom_and_pan(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "2", "plus")
        view = d.app.view
        assert isinstance(view, CurvesView)
        zoomed = view.viewport.limits
        assert zoomed is not None
        await d.press("l")
        assert view.viewport.limits is not None
        assert view.viewport.limits[0] > zoomed[0]
        await d.press("L", "L", "L", "L")
        assert view.viewport.limits[1] == pytest.approx(4000, rel=1e-6)
        await d.press("minus")
        assert view.viewport.limits is None
        await d.press("plus", "0")
        assert view.viewport.limits is None

    run(script)


# Grid


def test_the_grid_shows_zones_and_its_cells_open(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("3")
        view = d.app.view
        assert isinstance(view, GridView)
        assert "12 of 16 cells done" in d.text
        assert view.plane.cursor == (32, 200)
        assert "critical size" in d.text
        await d.press("j", "l", "l")
        assert view.plane.cursor == (16, 400)
        assert "width 16, train_size 400: 2 runs" in d.text
        await d.press("m")
        assert "final validation accuracy" in d.text
        await d.press("space", "G", "g")
        assert view.plane.marked == {(16, 400)}
        assert sorted(view.targets()) == [21, 22]
        await d.press("enter")
        curves = d.app.view
        assert isinstance(curves, CurvesView)
        assert sorted(curves.targets()) == [21, 22]

    run(script)


def test_any_two_keys_are_axes(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("3", "o")
        line = d.app.screen.query_one(Input)
        line.value = "seed"
        await d.settle()
        assert "Two different keys" in d.text
        line.value = "seed, width"
        await d.press("enter")
        view = d.app.view
        assert isinstance(view, GridView)
        assert {row for row, _ in view.plane.by_place} == {0, 1}
        await d.press("f")
        assert not d.app.state.frontiers

    run(script)


def test_more_seeds_from_marked_cells(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("3", "space", "N")
        assert isinstance(d.app.screen, Launch)
        assert d.app.screen.query_one("#field-seed", Input).value == "2,3"
        assert d.app.screen.query_one("#field-width", Input).value == "32"

    run(script)


# SQL


def test_a_query_runs_and_its_runs_are_marked(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("4", "i")
        view = d.app.view
        assert isinstance(view, SqlView)
        editor = view.query_one(Editor)
        editor.text = "SELECT 1; SELECT run_id, width, step FROM runs WHERE width = 8"
        await d.press("f5")
        assert view.result is not None
        assert len(view.result.rows) == 8
        assert editor.has_focus
        await d.press("escape", "v")
        assert "width over run_id" in d.text
        await d.press("Y", "X", "C")
        await d.press("v", "j", "G", "g", "U")
        assert d.app.state.view == "runs"
        assert d.app.selection.marked == set(range(9, 17))

    run(script)


def test_a_mistake_is_shown_with_its_place_and_nothing_can_be_written(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("4", "i")
        view = d.app.view
        editor = view.query_one(Editor)
        for text, says in (
            ("SELECT wdth FROM runs", "wdth"),
            ("DELETE FROM sweep", "read-only"),
            ("SELECT * FROM read_csv('/etc/passwd')", "disabled"),
        ):
            editor.text = text
            await d.press("ctrl+r")
            assert says in d.text, text
        assert d.app.is_running

    run(script)


def test_escape_cancels_a_query(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("4", "i")
        view = d.app.view
        assert isinstance(view, SqlView)
        editor = view.query_one(Editor)
        editor.text = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(1000000) b"
        view.do_execute()
        await d.until(lambda: view._cancel is not None)
        await d.app.action_do("back")
        await d.until(lambda: view._cancel is None)
        assert "cancelled" in d.text

    run(script)


def test_completion_history_and_saved_queries(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("4", "i")
        view = d.app.view
        editor = view.query_one(Editor)
        editor.text = ""
        await d.type("validation_acc")
        await d.press("tab")
        assert editor.text == "validation_accuracy"
        editor.text = "SELECT 42 AS answer"
        await d.press("f5")
        await d.press("f3")
        await d.type("mine")
        await d.press("enter")
        await d.until(lambda: "mine" in d.app.state.saved_queries)
        await d.until(lambda: len(d.app.screen_stack) == 1)
        await d.press("ctrl+o")
        await d.until(lambda: isinstance(d.app.screen, Choose))
        await d.type("mine")
        await d.press("enter")
        assert editor.text == "SELECT 42 AS answer"
        assert d.app.state.sql_history == ["SELECT 42 AS answer"]

    run(script)


def test_what_is_not_possible_says_why(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("4", "escape", "v")
        assert "There is no result yet" in d.notices

    run(script)
