"""What each action does, through keys: the runs table, and everywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.keys import _character_to_key
from textual.widgets import Input

from store.database import Store
from tests.tui.app.driving import Driver
from tui.app.screens.compare import Compare
from tui.app.screens.dialogs import Ask, Choose
from tui.app.screens.filterbar import FilterBar
from tui.app.views.runs import RunsView

Script = Callable[[Driver], Awaitable[None]]
Run = Callable[..., None]


def runs_of(d: Driver) -> RunsView:
    view = d.app.view
    assert isinstance(view, RunsView)
    return view


# Runs


def test_moving_in_the_table(run: Run) -> None:
    async def script(d: Driver) -> None:
        table = runs_of(d).rows
        assert table.key == 32
        await d.press("j", "j", "k", "down")
        assert table.key == 30
        await d.press("G")
        assert table.key == 1
        await d.press("ctrl+u")
        assert 1 < table.key < 32
        await d.press("g", "ctrl+d")
        assert 1 < table.key < 32
        await d.press("home")
        assert table.key == 32

    run(script)


def test_sorting_reversing_and_columns(run: Run) -> None:
    async def script(d: Driver) -> None:
        rows = runs_of(d).rows
        await d.press("r")
        assert rows.keys[0] == 1
        await d.press("less_than_sign")
        assert d.app.state.sort != "run_id"
        await d.press("greater_than_sign")
        assert d.app.state.sort == "run_id"
        d.app.state.sort = "validation_accuracy"
        await d.press("r")
        best = [d.app.table.run(i)["validation_accuracy"] for i in rows.keys]
        known = [v for v in best if v is not None]
        assert known == sorted(known, reverse=True)
        before = len(rows.columns)
        await d.press("v")
        assert len(rows.columns) > before
        assert "train" in d.text

    run(script)


def test_marks_are_by_run_and_survive_another_sort(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("space", "space")
        assert d.app.selection.marked == {32, 31}
        await d.press("r")
        assert d.app.selection.marked == {32, 31}
        assert "2 marked" in d.text
        await d.press("u")
        assert not d.app.selection.marked
        await d.press("a")
        assert len(d.app.selection.marked) == 32
        await d.press("escape")
        assert not d.app.selection.marked

    run(script)


def test_groups_fold_and_are_marked_as_one(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("B")
        assert isinstance(d.app.screen, Ask)
        await d.type("width, nokey")
        assert "no key 'nokey'" in d.text
        await d.press(*["backspace"] * 7)
        await d.press("enter")
        table = runs_of(d).rows
        assert table.keys[0] == "[4]"
        assert len(table.keys) == 36
        await d.press("g", "space")
        assert d.app.selection.marked == set(range(1, 9))
        await d.press("g", "enter")
        assert len(table.keys) == 28
        await d.press("enter")
        assert len(table.keys) == 36

    run(script)


def test_a_filter_acts_while_it_is_typed_and_escape_restores(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("slash")
        assert isinstance(d.app.screen, FilterBar)
        await d.type("wid")
        await d.press("tab")
        await d.type("8")
        assert d.app.screen.query_one(Input).value == "width=8"
        assert len(d.app.selection.ids) == 8
        await d.press("enter")
        assert "filter: width=8" in d.text
        await d.press("slash")
        await d.type(" nosuch=1")
        assert "Runs have no key 'nosuch'" in d.text
        await d.press("escape")
        assert d.app.state.filter == "width=8"
        await d.press("escape")
        assert d.app.state.filter == ""
        assert len(d.app.selection.ids) == 32

    run(script)


def test_letters_in_a_filter_are_text(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("slash")
        await d.type("q5n")
        assert d.app.screen.query_one(Input).value == "q5n"
        assert "no run passes" in d.text
        await d.press("escape")
        assert d.app.state.view == "runs"

    run(script)


def test_tabs_of_the_panel(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G")
        await d.press("right_square_bracket")
        assert "configuration" in runs_of(d).panel.picture.plain
        assert "history" in runs_of(d).panel.picture.plain
        await d.press("right_square_bracket")
        assert "log" in runs_of(d).panel.picture.plain
        await d.press("right_square_bracket")
        assert "no checkpoint yet" in runs_of(d).panel.picture.plain
        await d.press("right_square_bracket")
        assert "accuracy" in runs_of(d).panel.picture.plain
        await d.press("left_square_bracket")
        assert "checkpoint" in runs_of(d).panel.picture.plain

    run(script)


def test_options_of_the_panels_charts(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G")
        assert "step (log)" in runs_of(d).panel.picture.plain
        await d.press("X")
        assert "step (log)" not in runs_of(d).panel.picture.plain
        await d.press("o")
        assert "seconds" in runs_of(d).panel.picture.plain
        await d.press("y")
        assert "(log)" in runs_of(d).panel.picture.plain
        await d.press("m")
        assert "norm" not in runs_of(d).panel.picture.plain
        await d.press("s")
        assert d.app.state.smoothing == 0.6

    run(script)


@pytest.mark.parametrize("view", ["1", "2"])
def test_any_metric_alone(run: Run, view: str) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", view, "w")
        await d.type("gradient")
        await d.press("enter")
        assert d.app.state.metrics == "gradient_norm"
        await d.until(lambda: "gradient norm" in d.text)
        assert "parameter norm" not in d.text
        await d.press("w", "escape")
        assert d.app.state.metrics == "gradient_norm"

    run(script)


def test_comparing_against_a_baseline(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "b", "space")
        await d.press("g", "j", "j", "space", "c")
        assert isinstance(d.app.screen, Compare)
        assert "run 1 ◆" in d.text
        assert "width" in d.text
        assert "+28" in d.text
        await d.press("escape")
        assert d.app.state.view == "runs"

    run(script)


# everywhere


def test_help_finds_and_runs_an_action(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("question_mark")
        assert isinstance(d.app.screen, Choose)
        await d.type("phase grid")
        await d.press("enter")
        assert d.app.state.view == "grid"

    run(script)


def test_the_palette_lists_the_actions(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("colon")
        assert "Search for commands" in d.text
        await d.press("escape")

    run(script)


def test_theme_and_dots(run: Run) -> None:
    async def script(d: Driver) -> None:
        before = d.app.theme
        await d.press("T")
        assert d.app.theme != before
        await d.press("M")
        assert d.app.state.marker == "block"
        await d.press("2", "M")
        await d.press("5", "4", "escape", "1")
        assert d.app.state.view == "runs"

    run(script)


def test_the_view_is_the_same_when_it_is_opened_again(run: Run) -> None:
    async def first(d: Driver) -> None:
        await d.press("j", "j", "space", "v", "r", "3", "m")

    async def second(d: Driver) -> None:
        assert d.app.state.view == "grid"
        assert d.app.state.measure == "validation_accuracy"
        await d.press("1")
        assert d.app.selection.marked == {30}
        assert not d.app.state.descending
        assert d.app.state.all_columns

    run(first)
    run(second)


@pytest.mark.parametrize("view", ["runs", "curves", "grid", "sql"])
def test_export_writes_files(run: Run, shared: Store, tmp_path: Path, view: str) -> None:
    async def script(d: Driver) -> None:
        await d.press("G")
        await d.app.go_to(view)
        await d.settle()
        if view == "sql":
            await d.press("f5", "escape")
        kinds = ["csv", "json"] if view == "sql" else ["csv", "txt", "svg"]
        for kind in kinds:
            await d.press("x")
            path = tmp_path / f"{view}.{kind}"
            d.app.screen.query_one(Input).value = str(path)
            await d.press("enter")
            assert path.stat().st_size > 20, kind

    run(script)


def test_ascii_only_screens_have_no_other_characters(run: Run) -> None:
    """Dialogs, the palette, notices and scrollbars included."""
    keys = ["1", "v", "n", "?", "/", "K", "c", "B", "x", "ctrl+p", "2", ".", "3", "o", "m", "5"]
    keys += ["6", "4"]

    async def script(d: Driver) -> None:
        await d.press("G", "b", "space", "g", "space")
        for key in keys:
            await d.press(_character_to_key(key) if len(key) == 1 else key)
            odd = {c for c in d.text if not c.isascii()}
            assert not odd, (key, odd, d.text)
            if len(d.app.screen_stack) > 1:
                await d.press("escape")

    run(script, ascii_only=True)
    run(script, ascii_only=True, size=(70, 20))


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (60, 18), (300, 100)])
def test_any_size(run: Run, size: tuple[int, int]) -> None:
    async def script(d: Driver) -> None:
        for view in ("runs", "curves", "grid", "sql", "system"):
            await d.app.go_to(view)
            await d.settle()

    run(script, size=size)
