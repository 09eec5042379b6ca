"""What each action does, through keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from engine.specification.presets import load
from engine.specification.sweep import with_changes
from store import catalog
from store.database import Store
from tests.tui.app.driving import Driver, drive
from tests.tui.app.stores import make_store
from tui.app.screens.compare import Compare
from tui.app.screens.dialogs import Ask, Choose, Confirm
from tui.app.screens.filterbar import FilterBar
from tui.app.screens.launch import Launch
from tui.app.views.curves import CurvesView
from tui.app.views.grid import GridView
from tui.app.views.runs import RunsView
from tui.app.views.sql import Editor, SqlView

Script = Callable[[Driver], Awaitable[None]]
Run = Callable[..., None]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that no test of this module writes to."""
    return make_store(tmp_path_factory.mktemp("shared"), running=True)


@pytest.fixture
def run(shared: Store, tmp_path: Path) -> Run:
    def inner(script: Script, **options: Any) -> None:
        drive(shared, script, tmp_path / "state", **options)

    return inner


@pytest.fixture
def own(tmp_path: Path) -> Store:
    return make_store(tmp_path / "own", running=True)


def runs_of(d: Driver) -> RunsView:
    view = d.app.view
    assert isinstance(view, RunsView)
    return view


def demo_runs(**changes: str) -> int:
    return len(with_changes(load("demo"), changes).runs())


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
        assert table.keys[0] == "4"
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
        first = view.crosshair
        assert first is not None
        assert d.text.count(f"step {round(first)}") == 4
        await d.press("l")
        assert view.crosshair is not None
        assert view.crosshair > first
        await d.press("H")
        assert view.crosshair < first
        await d.press("G")
        assert round(view.crosshair) == 4000
        await d.press("plus", "enter")
        assert view.limits is not None
        assert view.full_screen == 0
        await d.press("escape")
        assert view.crosshair is None
        await d.press("escape")
        assert view.limits is None
        await d.press("escape")
        assert view.full_screen is None

    run(script)


def test_zoom_and_pan(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "2", "plus")
        view = d.app.view
        assert isinstance(view, CurvesView)
        zoomed = view.limits
        assert zoomed is not None
        await d.press("l")
        assert view.limits is not None
        assert view.limits[0] > zoomed[0]
        await d.press("L", "L", "L", "L")
        assert view.limits[1] == pytest.approx(4000, rel=1e-6)
        await d.press("minus")
        assert view.limits is None
        await d.press("plus", "0")
        assert view.limits is None

    run(script)


# Grid


def test_the_grid_shows_zones_and_its_cells_open(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("3")
        view = d.app.view
        assert isinstance(view, GridView)
        assert "12 of 16 cells done" in d.text
        assert view.cursor == (32, 200)
        assert "critical size" in d.text
        await d.press("j", "l", "l")
        assert view.cursor == (16, 400)
        assert "width 16, train_size 400: 2 runs" in d.text
        await d.press("m")
        assert "final validation accuracy" in d.text
        await d.press("space", "G", "g")
        assert view.marked == {(16, 400)}
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
        assert {row for row, _ in view._by_place} == {0, 1}
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
        await d.press("4")
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
        await d.press("4")
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
        await d.press("4")
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
        await d.press("4")
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
        await d.press("ctrl+o")
        assert isinstance(d.app.screen, Choose)
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
    async def script(d: Driver) -> None:
        for view in ("1", "2", "3"):
            await d.press(view)
            body = d.text.split("\n")[1:-1]
            odd = {c for line in body for c in line if not c.isascii()}
            assert odd <= set("│▁▎⎸"), (view, odd)

    run(script, ascii_only=True)


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (60, 18), (300, 100)])
def test_any_size(run: Run, size: tuple[int, int]) -> None:
    async def script(d: Driver) -> None:
        for view in ("runs", "curves", "grid", "sql", "system"):
            await d.app.go_to(view)
            await d.settle()

    run(script, size=size)


# acting on runs


def states(store: Store) -> dict[int, tuple[str, str | None]]:
    with store.read() as connection:
        rows = connection.execute("SELECT run_id, state, pending FROM run_states").fetchall()
    return {run_id: (state, pending) for run_id, state, pending in rows}


def test_stop_asks_with_facts(own: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("a", "K")
        assert isinstance(d.app.screen, Confirm)
        assert "Stop 8 runs?" in d.text
        assert "6 running" in d.text
        await d.press("n")
        assert states(own)[32] == ("queued", None)
        await d.press("K", "y")
        await d.until(lambda: states(own)[32] == ("stopped", None))
        assert states(own)[25] == ("running", "stop")

    drive(own, script, tmp_path)


def test_pause_tag_and_note(own: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("p")
        await d.until(lambda: states(own)[32] == ("paused", None))
        await d.press("t")
        await d.type("[b] good")
        await d.press("enter")
        await d.until(lambda: d.app.table.run(32)["tags"] == ["[b]", "good"])
        await d.press("t")
        await d.type("!good")
        await d.press("enter")
        await d.until(lambda: d.app.table.run(32)["tags"] == ["[b]"])
        await d.press("e")
        await d.type("see [/red] it")
        await d.press("enter")
        await d.until(lambda: d.app.table.run(32)["note"] == "see [/red] it")

    drive(own, script, tmp_path)


def test_what_people_type_is_shown_literally(tmp_path: Path) -> None:
    store = make_store(tmp_path / "own", sweep="[red]x[/]\x1b[31m\u202e漢字")
    catalog.set_note(store, [32], "[/nonsense] \x07 line\nbreak")
    catalog.tag(store, [32], "[bold]")

    async def script(d: Driver) -> None:
        await d.press("v")
        assert "[red]x[/]\\x1b[31m" in d.text
        await d.press("right_square_bracket")
        assert "of [red]x[/]\\x1b[31m\\u202e漢字" in d.text
        assert "[/nonsense] \\x07 line\\nbreak" in d.text
        assert "[bold]" in d.text
        await d.press("3", "2")
        assert d.app.is_running

    drive(store, script, tmp_path, size=(200, 36))


def test_a_database_that_is_held_is_named_and_the_view_stays(own: Store, tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"

    async def script(d: Driver) -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", code, str(own.layout.database)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert holder.stdout is not None
            holder.stdout.readline()
            d.app.read_soon()
            await d.until(lambda: f"PID {holder.pid}" in d.app._trouble)
            assert "32 of 32 runs" in d.text
        finally:
            holder.kill()
            holder.wait()
        d.app.read_soon()
        await d.until(lambda: not d.app._trouble)

    drive(own, script, tmp_path)


def test_the_launch_form_validates_while_typing(own: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("n")
        await d.until(lambda: f"{demo_runs()} runs" in d.text)
        line = d.app.screen.query_one("#field-width", Input)
        line.value = "8,9"
        await d.until(lambda: "not divided by heads" in d.text)
        line.value = "wide"
        await d.settle()
        assert "not a whole number" in d.text
        await d.press("f5")
        assert isinstance(d.app.screen, Launch)
        line.value = "8,16"
        await d.until(lambda: f"{demo_runs(width='8,16')} runs" in d.text)
        await d.press("escape")
        assert own.root.exists()
        with own.read() as connection:
            assert connection.execute("SELECT count(*) FROM sweep").fetchall() == [(1,)]

    drive(own, script, tmp_path)


def test_launching_queues_the_sweep_and_shows_it(
    own: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr("engine.launch.ensure_workers", lambda _, device: started.append(device))

    async def script(d: Driver) -> None:
        await d.press("n", "enter")
        await d.until(lambda: len(d.app.table) == 32 + demo_runs())
        assert started == ["auto"]
        await d.until(lambda: runs_of(d).rows.key == 33)
        assert d.app.state.grid_sweep == 2

    drive(own, script, tmp_path)
