"""What holds in every view: actions, the header, and keys that come faster than frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.app.driving import Driver
from tests.tui.app.stores import make_store
from tests.tui.app.terminal import Terminal
from tui.app.actions import ACTIONS, VIEWS
from tui.app.app import VIEW_TYPES, GrokApp
from tui.app.steering import Steering
from tui.app.views.runs import RunsView

Run = Callable[..., None]


def runs_of(d: Driver) -> RunsView:
    view = d.app.view
    assert isinstance(view, RunsView)
    return view


# actions


def test_every_action_has_somebody_who_carries_it_out() -> None:
    for action in ACTIONS:
        if action.id in (f"view_{view}" for view in VIEWS):
            continue
        for view in action.views or VIEWS:
            carriers = (VIEW_TYPES[view], Steering, GrokApp)
            assert any(hasattr(c, f"do_{action.id}") for c in carriers), (action.id, view)


@pytest.mark.parametrize("key", ["ctrl+p", "colon"])
def test_the_palette_carries_an_action_out(run: Run, key: str) -> None:
    async def script(d: Driver) -> None:
        first = runs_of(d).rows.keys[0]
        await d.press(key)
        await d.type("reverse")
        await d.until(lambda: "Turn the order round" in d.text)
        await d.press("enter")
        await d.until(lambda: len(d.app.screen_stack) == 1)
        await d.until(lambda: runs_of(d).rows.keys[-1] == first)

    run(script)


def test_the_palette_changes_the_view(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("colon")
        await d.type("grid")
        await d.until(lambda: "The phase grid of a sweep" in d.text)
        await d.press("enter")
        await d.until(lambda: d.app.state.view == "grid")

    run(script)


def test_an_action_of_another_view_goes_there_first(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("question_mark")
        await d.type("critical size and capacity")
        assert d.app.state.frontiers
        await d.press("enter")
        await d.until(lambda: not d.app.state.frontiers)
        assert d.app.state.view == "grid"
        await d.press("question_mark")
        await d.type("mark every run")  # it can be done in the grid too
        await d.press("enter")
        await d.until(lambda: "16 marked" in d.text)
        assert d.app.state.view == "grid"

    run(script)


# the header


@pytest.mark.parametrize("width", [60, 80, 99, 100, 130])
def test_a_filter_in_force_is_in_sight_at_any_width(run: Run, width: int) -> None:
    async def script(d: Driver) -> None:
        await d.press("slash", *"width>=8 seed=0", "enter")
        header = d.text.split("\n")[0]
        assert "filter: width>=8 seed=0" in header
        assert "1 Runs" in header
        assert ("2 Curves" in header) == (width >= 100)

    run(script, size=(width, 30))


def test_names_of_views_come_and_go_with_the_width(run: Run) -> None:
    async def script(d: Driver) -> None:
        for width in (70, 130, 70):
            await d.resize(width, 30)
            assert ("2 Curves" in d.text) == (width >= 100)

    run(script)


# sort, groups, marks


def test_any_column_sorts_and_what_has_no_value_stays_last(run: Run) -> None:
    async def script(d: Driver) -> None:
        rows = runs_of(d).rows
        for key in runs_of(d).columns.sortable:
            assert d.app.state.sort == key
            for _ in range(2):
                values = [d.app.table.run(i)[key] for i in rows.keys]
                known = [v for v in values if v is not None]
                assert values[len(known) :] == [None] * (len(values) - len(known)), key
                assert known == sorted(known, reverse=d.app.state.descending), key
                arrow = "↓" if d.app.state.descending else "↑"
                assert sum(arrow in column.title for column in rows.columns) == 1
                await d.press("r")
            await d.press("greater_than_sign")
        assert d.app.state.sort == "run_id"

    run(script)


def test_a_group_shows_whether_none_some_or_all_of_it_is_marked(run: Run) -> None:
    def heading(d: Driver) -> str:
        return next(line for line in d.text.split("\n") if "width 32" in line)

    async def script(d: Driver) -> None:
        await d.press("B")
        await d.type("width")
        await d.press("enter")
        assert "●" not in heading(d)
        rows = runs_of(d).rows
        rows.go_to_key("[32]")
        await d.press("j", "space")
        assert "◐" in heading(d)
        rows.go_to_key("[32]")
        await d.press("space")
        assert "●" in heading(d)
        assert d.app.selection.marked == set(range(25, 33))
        rows.go_to_key("[32]")
        await d.press("space")
        assert "●" not in heading(d)
        assert "◐" not in heading(d)
        assert not d.app.selection.marked

    run(script, size=(130, 60))


def test_groups_stay_in_sight_when_columns_scroll(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("B")
        await d.type("width")
        await d.press("enter", "v")
        rows = runs_of(d).rows
        shown = {c.title for c in rows.columns if c.title and c.title in d.text.split("\n")[1]}
        await d.press(*["l"] * 20)
        after = {c.title for c in rows.columns if c.title and c.title in d.text.split("\n")[1]}
        assert after - shown, "columns scroll"
        assert "width 32" in d.text
        assert "width 16" in d.text

    run(script, size=(130, 36))


def test_marks_are_taken_away_in_curves(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "space", "k", "space", "2")
        assert "2 runs" in d.text
        await d.press("u")
        assert not d.app.selection.marked
        assert "1 run ·" in d.text

    run(script)


# bursts


def test_keys_in_one_burst_are_all_carried_out_in_order(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    with Terminal(store.root, tmp_path) as terminal:
        terminal.wait_for("32 of 32 runs")
        terminal.send("jjjjjjjjjj" + "kk" + "\x1b[B" * 3 + " " + "Gr")
        terminal.wait_for("1 marked")
        terminal.wait_for("by run_id ↑")
        terminal.send("r2")
        terminal.wait_for(lambda text: "1 run, marked" in text and "━ train" in text)
        terminal.send("1")
        terminal.wait_for("by run_id ↓")
        terminal.send("c")
        terminal.wait_for("1 run: what differs")
        terminal.wait_for("run 21")
        terminal.send("\x1b")
        terminal.wait_for(lambda text: "what differs" not in text)
        terminal.send("q")
        assert terminal.wait_exit() == 0


@pytest.mark.parametrize("view", ["2", "3", "5", "6"])
def test_keys_in_one_burst_with_a_change_of_view_are_for_that_view(
    tmp_path: Path, view: str
) -> None:
    store = make_store(tmp_path / "store")
    with Terminal(store.root, tmp_path) as terminal:
        terminal.wait_for("32 of 32 runs")
        terminal.send(view)
        terminal.wait_for(lambda text: "by run_id" not in text)
        terminal.send("1r")
        terminal.wait_for("by run_id ↑")
        terminal.send(view + "1rc")  # the view has been made before
        terminal.wait_for("1 run: what differs")
        terminal.send("\x1b")
        terminal.wait_for("by run_id ↓")
