"""Runs through keys: its columns, what it says, and the panel where there is no room for both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from store.database import Store
from tests.tui.app.driving import Driver, drive
from tui.app.screens.dialogs import Choose
from tui.app.views.runs import RunsView

Run = Callable[..., None]
SMALL = [(80, 24), (60, 18)]


def runs_of(d: Driver) -> RunsView:
    view = d.app.view
    assert isinstance(view, RunsView)
    return view


def titles(d: Driver) -> list[str]:
    return [column.title.rstrip("↓↑") for column in runs_of(d).rows.columns]


def heading(d: Driver) -> str:
    """The line of the columns' titles that is in sight."""
    return d.text.split("\n")[1]


# columns


def test_columns_are_the_keys_in_which_the_listed_runs_differ(run: Run) -> None:
    async def script(d: Driver) -> None:
        assert {"width", "train", "seed"} <= set(titles(d))
        await d.press("slash", *"width=8 seed=0", "enter")
        assert "train" in titles(d)
        assert not {"width", "seed"} & set(titles(d))
        await d.press("v")
        assert {"width", "seed", "task"} <= set(titles(d))
        await d.press("v", "escape")
        assert {"width", "train", "seed"} <= set(titles(d))

    run(script)


@pytest.mark.parametrize("size", [(140, 40), *SMALL])
def test_progress_zone_and_accuracy_are_in_sight_and_the_run_stays(
    run: Run, size: tuple[int, int]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("v")
        for title in ("run↓", "done", "zone", "val acc"):
            assert title in heading(d)
        assert "100%" in d.text
        await d.press("G", *["l"] * 40)
        assert "age" in heading(d)
        assert "zone" not in heading(d)
        assert "run↓" in heading(d)
        lines = [line[:8].split() for line in d.text.split("\n")[2 : size[1] - 1]]
        shown = [int(words[0]) for words in lines if words]
        assert shown == list(range(shown[0], 0, -1))

    run(script, size=size)


@pytest.mark.parametrize("size", [(140, 40), (60, 18)])
def test_the_sort_is_chosen_from_a_list_and_its_column_comes_into_sight(
    run: Run, size: tuple[int, int]
) -> None:
    async def script(d: Driver) -> None:
        assert "gen at" not in heading(d)
        await d.press("S")
        assert isinstance(d.app.screen, Choose)
        await d.type("gen at")
        await d.press("enter")
        assert d.app.state.sort == "generalized_at"
        assert "gen at↓" in heading(d)
        values = [d.app.table.run(i)["generalized_at"] for i in runs_of(d).rows.keys]
        known = [v for v in values if v is not None]
        assert len(known) > 2
        assert values[: len(known)] == sorted(known, reverse=True)
        await d.press("S", "escape")
        assert d.app.state.sort == "generalized_at"
        await d.press(*["greater_than_sign"] * 2)
        assert "↓" in heading(d)
        await d.press("S")
        await d.type("zone")
        await d.press("enter")
        assert "zone↓" in heading(d)

    run(script, size=size)


def test_what_is_asked_of_a_run_leaves_the_columns_where_they_are(run: Run) -> None:
    async def script(d: Driver) -> None:
        before = heading(d)
        place = d.app.table.position[28]
        for pending, word in (("pause", "▶ pausing"), ("stop", "▶ stopping"), (None, "▶ running")):
            d.app.table.columns["pending"][place] = pending
            d.app.changed()
            await d.settle()
            line = next(line for line in d.text.split("\n") if line.split()[:1] == ["28"])
            assert word in line
            assert heading(d) == before

    run(script)


@pytest.mark.parametrize("size", [(130, 36), (60, 18)])
def test_names_stay_beside_the_runs_that_are_compared(run: Run, size: tuple[int, int]) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "b", "k", "k", "space", "space", "c")
        assert "2 runs and the baseline, run 1: what differs" in d.text
        assert all(f"run {i}" in d.text for i in (1, 3)), "several have room"
        await d.press("escape", "u", "g", *["space"] * 16, "c", *["l"] * 40)
        lines = d.text.split("\n")
        assert any("best_validation_accuracy" in line and "0." in line for line in lines)
        assert "run 32" not in d.text
        assert "run 17" in d.text
        await d.press("escape", "u", "G", "b", "k", "c")
        assert "1 run: what differs; b pins a baseline" in d.text

    run(script, size=size)


# what it says


def test_a_filter_that_nothing_passes_is_not_an_empty_store(run: Run, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("slash", *"width=9", "enter")
        assert "No run passes the filter; esc clears it." in d.text
        assert "No runs yet" not in d.text
        await d.press("escape")
        assert len(runs_of(d).rows.keys) == 32

    async def empty(d: Driver) -> None:
        assert "No runs yet. Press n to launch one." in d.text

    run(script)
    drive(Store.open(tmp_path / "empty"), empty, tmp_path / "other")


def test_a_slip_in_a_value_is_mended_by_tab(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("slash", *"zone=groking")
        assert "tab:  zone=grokking" in d.text
        await d.press("tab", "enter")
        assert d.app.state.filter == "zone=grokking"
        assert d.app.selection.ids
        await d.press("slash", *" val acc>0.9", "enter")
        values = d.app.table.values("validation_accuracy", d.app.selection.ids)
        assert values
        assert min(values) > 0.9
        await d.press("slash", *" and width=8")
        assert "must all hold" in d.text

    run(script)


def test_marks_that_the_filter_hides_are_counted(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("space", "space", "slash", *"width=8", "enter", "space")
        assert "3 marked, 2 hidden" in d.text

    run(script)


@pytest.mark.parametrize("keys", ["width", "sweep, width, train"])
def test_the_headings_of_the_cursors_run_are_in_sight_and_named(run: Run, keys: str) -> None:
    async def script(d: Driver) -> None:
        await d.press("r", "g", "B")
        await d.type(keys)
        await d.press("enter")
        rows = runs_of(d).rows
        assert rows.key == 1
        assert "▾ width 4 " in d.text
        if "train" in keys:
            assert "▾ sweep demo " in d.text
            assert "▾ train_size 200 " in d.text
        assert f"grouped by {keys.replace('train', 'train_size')}" in d.text.split("\n")[0]
        top = round(rows.scroll_y)
        assert top <= rows.cursor < top + rows.size.height - 1

    run(script, size=(130, 20))


# the panel in a small terminal


@pytest.mark.parametrize("size", SMALL)
def test_in_a_small_terminal_the_panel_opens_over_a_few_rows(
    run: Run, size: tuple[int, int]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("G")
        assert "Checkpoints" not in d.text
        assert "] panel" in d.text.split("\n")[0]
        await d.press("right_square_bracket")
        assert "Checkpoints" in d.text
        await d.until(lambda: "accuracy" in d.text.split("Checkpoints")[1])
        assert "▶" in d.text or "✓" in d.text, "the run is still in sight"
        await d.press("k", "right_square_bracket")
        assert "run 2 of demo" in d.text
        await d.press("j")
        await d.until(lambda: "run 1 of demo" in d.text)
        await d.press("left_square_bracket", "escape")
        assert "Checkpoints" not in d.text
        assert len([line for line in d.text.split("\n") if "✓" in line]) > 10
        await d.press("space", "escape")
        assert not d.app.selection.marked, "the next layer is that of the marks"

    run(script, size=size)


@pytest.mark.parametrize("key", ["m", "X", "y", "o", "s"])
def test_keys_of_the_charts_bring_them_into_sight(run: Run, key: str) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", key)
        await d.until(lambda: "accuracy" in d.text.split("Checkpoints")[1])
        await d.resize(130, 36)
        await d.resize(80, 24)
        assert "Checkpoints" not in d.text, "where both had room there was no layer to keep"

    run(script, size=(80, 24))


@pytest.mark.parametrize("size", [(140, 40), *SMALL])
def test_all_that_the_panel_says_can_be_scrolled_to(run: Run, size: tuple[int, int]) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "comma", "right_square_bracket")
        if size[0] < 110:
            assert "history" not in d.text
            assert "more lines below: . and , scroll" in d.text
        await d.press(*["full_stop"] * 6)
        assert "finished at step 4000" in d.text
        await d.press("k")
        assert "run 2 of demo" in d.text, "what another run is called is not above the edge"
        await d.press(*["full_stop"] * 6, *["comma"] * 6)
        assert "run 2 of demo" in d.text
        await d.press("left_square_bracket")
        await d.until(lambda: "accuracy" in d.text.split("Checkpoints")[1])
        await d.press(*["full_stop"] * 4)
        await d.until(lambda: "norm" in d.text.split("Checkpoints")[1])
        await d.press(*["comma"] * 4)
        await d.until(lambda: "accuracy" in d.text.split("Checkpoints")[1])

    run(script, size=size)
