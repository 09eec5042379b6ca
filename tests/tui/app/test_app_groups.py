"""The tree of groups in Runs: what is in it, how it folds, and that nothing else suffers."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from store.database import Store
from store.spool import Batch, SpoolWriter, ingest
from tests.tui.app.driving import Driver, drive
from tests.tui.app.tables import table_of
from tui.app.listing import mark_state, tree, unfolded
from tui.app.screens.compare import Compare
from tui.app.selection import Selection
from tui.app.state import ViewState, save_state, state_file
from tui.app.views.runs import RunsView

Run = Callable[..., None]


def runs_of(d: Driver) -> RunsView:
    view = d.app.view
    assert isinstance(view, RunsView)
    return view


def key_of(*path: Any) -> str:
    return json.dumps(path)


def line_of(d: Driver, words: str) -> str:
    lines = [line for line in d.text.split("\n")[1:] if words in line]
    assert len(lines) == 1, (words, d.text)
    return lines[0]


async def group(d: Driver, words: str) -> None:
    await d.press("B")
    d.app.screen.query_one(Input).value = words
    await d.press("enter")


# the tree of any runs

VALUES = {
    "sweep": st.sampled_from(["a", "a/b", "b", '"', "ä"]),
    "task": st.sampled_from(["b/c", "c", "null"]),
    "width": st.none() | st.integers(0, 3),
    "learning_rate": st.none() | st.sampled_from([0.0, 1.5, float("inf")]) | st.just(float("nan")),
    "tags": st.none() | st.lists(st.sampled_from(["x", "x, y", "y"]), max_size=2),
}
ROWS = st.lists(st.fixed_dictionaries(VALUES), max_size=25)
KEYS = st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=3, unique=True)


@given(ROWS, KEYS, st.randoms(use_true_random=False))
def test_a_tree_holds_each_run_once_and_folds_exactly_what_is_below(
    rows: list[dict[str, Any]], keys: list[str], random: Any
) -> None:
    table = table_of([{"run_id": i, **row} for i, row in enumerate(rows)])
    ids = list(range(len(rows)))
    random.shuffle(ids)
    groups = tree(table, ids, keys)
    by_path = {g.path: g for g in groups}
    assert len({g.key for g in groups}) == len(by_path) == len(groups)
    leaves = [g for g in groups if g.depth == len(keys) - 1]
    assert sorted(i for g in leaves for i in g.run_ids) == sorted(ids)
    for leaf in leaves:
        assert list(leaf.run_ids) == [i for i in ids if i in leaf.run_ids], "the order of the list"
        values = [[table.run(i)[k] for k in keys] for i in leaf.run_ids]
        assert all(repr(v) == repr(values[0]) or None in leaf.path for v in values)
    for parent in set(groups).difference(leaves):
        children = [g for g in groups if g.depth == parent.depth + 1 and g.path[:-1] == parent.path]
        assert parent.run_ids == tuple(i for g in children for i in g.run_ids)

    folded = {g.key for g in groups if random.random() < 0.4}
    all_rows, shown = unfolded(groups, ()), unfolded(groups, folded)
    hidden: set[int | str] = set()
    for g in groups:
        if g.key in folded:
            hidden |= set(g.run_ids)
            hidden |= {o.key for o in groups if o.path[: g.depth + 1] == g.path and o is not g}
    assert all_rows == [
        row for g in groups for row in ([g.key, *g.run_ids] if g in leaves else [g.key])
    ]
    assert shown == [row for row in all_rows if row not in hidden]

    selection = Selection(table, ViewState(group_by=keys, folded=list(folded)))
    selection.refresh()
    for row in all_rows:
        heading = selection.heading_of(row)
        if row in hidden:
            assert heading in folded
            assert heading in shown
            assert set(selection.members(row)) <= set(selection.members(heading))
        elif isinstance(row, int) or selection.groups[row].depth:
            last = [r for r in shown[: shown.index(row)] if isinstance(r, str)]
            above = [r for r in last if set(selection.members(row)) <= set(selection.members(r))]
            assert heading in above
        else:
            assert heading is None


def test_names_that_look_like_paths_are_other_groups() -> None:
    table = table_of(
        [{"run_id": 1, "sweep": "a/b", "task": "c"}, {"run_id": 2, "sweep": "a", "task": "b/c"}]
    )
    assert unfolded(tree(table, [1, 2], ["sweep", "task"]), {key_of("a/b")}) == [
        key_of("a"), key_of("a", "b/c"), 2, key_of("a/b"),
    ]  # fmt: skip


def test_a_group_is_marked_wholly_partly_or_not() -> None:
    assert mark_state((1, 3), {1, 3}) is True
    assert mark_state((1, 3), {1}) is None
    assert mark_state((1, 3), {2}) is False


# folding through keys


def test_headings_have_depths_and_fold_one_by_one(run: Run) -> None:
    async def script(d: Driver) -> None:
        await group(d, "sweep, width")
        rows = runs_of(d).rows
        assert list(rows.keys[:3]) == [key_of("demo"), key_of("demo", 4), 8]
        assert len(rows.keys) == 1 + 4 + 32
        assert line_of(d, "sweep demo").startswith("  ▾ sweep demo  32 runs")
        assert line_of(d, "width 8").startswith("    ▾ width 8  8 runs")
        rows.go_to_key(key_of("demo", 8))
        await d.press("enter")
        assert line_of(d, "width 8").startswith("    ▸ width 8  8 runs")
        assert len(rows.keys) == 37 - 8
        rows.go_to_key(key_of("demo"))
        await d.press("enter")
        assert list(rows.keys) == [key_of("demo")]
        await d.press("enter")
        assert len(rows.keys) == 37 - 8, "what was folded below is still"
        await d.press("r")
        assert list(rows.keys[1:4]) == [key_of("demo", 4), 1, 2]

    run(script, size=(130, 60))


def test_left_goes_outwards_and_right_inwards(run: Run) -> None:
    async def script(d: Driver) -> None:
        await group(d, "sweep, width")
        rows, outer, inner = runs_of(d).rows, key_of("demo"), key_of("demo", 16)
        rows.go_to_key(20)
        await d.press("v", "l", "l")
        assert rows.key == 20, "columns scroll"
        await d.press("h", "h")
        assert rows.key == 20
        await d.press("h")
        assert rows.key == inner
        await d.press("h")
        assert rows.key == inner
        assert d.app.state.folded == [inner]
        await d.press("left")
        assert rows.key == outer
        assert d.app.state.folded == [inner]
        await d.press("h", "h")
        assert rows.key == outer
        assert list(rows.keys) == [outer]
        await d.press("right")
        assert len(rows.keys) == 37 - 8
        await d.press("l")
        assert rows.key == key_of("demo", 4)
        rows.go_to_key(inner)
        await d.press("l", "l")
        assert rows.key == 24

    run(script, size=(130, 36))


@pytest.mark.parametrize("height", [12, 36])
def test_one_key_folds_everything_and_the_cursor_goes_to_what_hides_it(
    run: Run, height: int
) -> None:
    async def script(d: Driver) -> None:
        await d.press("z")
        assert "no groups" in d.notices
        await group(d, "sweep, width")
        rows = runs_of(d).rows
        rows.go_to_key(25)
        await d.press("z")
        assert list(rows.keys) == [key_of("demo")]
        assert rows.key == key_of("demo")
        assert "▸ sweep demo" in d.text
        await d.press("l")
        assert len(rows.keys) == 5, "all headings were folded"
        await d.press("z")
        assert len(rows.keys) == 1
        await d.press("z")
        assert len(rows.keys) == 37
        assert rows.key == key_of("demo")
        rows.go_to_key(25)
        await d.press("h")
        assert rows.key == key_of("demo", 32)
        await d.press("h")
        assert "▸ width 32" in d.text
        await group(d, "width")
        rows.go_to_key(12)
        await d.press("z")
        assert len(rows.keys) == 4
        assert rows.key == key_of(8)

    run(script, size=(130, height))


def test_the_cursor_stays_on_its_run_when_it_changes_its_group(own: Store, tmp_path: Path) -> None:
    def end(*run_ids: int) -> None:
        events = [
            {"run_id": i, "attempt": 1, "state": "failed", "step": 99, "detail": ""}
            for i in run_ids
        ]
        SpoolWriter(own.layout, "cpu-test").write(Batch(metrics=[], events=events))
        ingest(own, 10.0)

    async def script(d: Driver) -> None:
        await group(d, "state")
        rows = runs_of(d).rows
        rows.go_to_key(26)
        end(25, 26)
        await d.until(lambda: key_of("failed") in rows.keys)
        assert rows.key == 26
        rows.go_to_key(key_of("failed"))
        await d.press("enter")
        rows.go_to_key(27)
        end(27)
        await d.until(lambda: len(d.app.selection.members(key_of("failed"))) == 3)
        assert rows.key == key_of("failed"), "the folded group that hides it"

    drive(own, script, tmp_path / "state")


# marks and everything else


@pytest.mark.parametrize(("ascii_only", "glyphs"), [(False, "●◐ ▾▸"), (True, "*- v>")])
def test_marks_are_in_the_first_column_at_any_depth(
    run: Run, ascii_only: bool, glyphs: str
) -> None:
    def check(d: Driver, outer: str, inner: str, other: str) -> None:
        for words, mark, indent in (
            ("sweep demo", outer, 1), ("width 8", inner, 3), ("width 16", other, 3),
        ):  # fmt: skip
            assert line_of(d, words).startswith(mark + " " * indent + glyphs[3] + " " + words)

    async def script(d: Driver) -> None:
        every, some, none = list(glyphs[:3])
        await group(d, "sweep, width")
        check(d, none, none, none)
        rows = runs_of(d).rows
        rows.go_to_key(key_of("demo", 8))
        await d.press("space")
        check(d, some, every, none)
        assert d.app.selection.marked == set(range(9, 17))
        rows.go_to_key(10)
        await d.press("space")
        check(d, some, some, none)
        rows.go_to_key(key_of("demo"))
        await d.press("space")
        check(d, every, every, every)
        rows.go_to_key(key_of("demo"))
        await d.press("space")
        check(d, none, none, none)
        await d.press("a")
        check(d, every, every, every)
        await d.press("u")
        check(d, none, none, none)
        await d.press("z")
        assert line_of(d, "sweep demo").startswith(f"  {glyphs[4]} sweep demo")

    run(script, size=(130, 60), ascii_only=ascii_only)


def test_filter_comparison_and_export_know_groups(run: Run, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await group(d, "sweep, width")
        await d.press("slash")
        await d.type("width=8,16 train_size=200")
        await d.press("enter")
        rows = runs_of(d).rows
        assert [k for k in rows.keys if isinstance(k, str)] == [
            key_of("demo"), key_of("demo", 8), key_of("demo", 16),
        ]  # fmt: skip
        assert "2 runs" in line_of(d, "width 16")
        rows.go_to_key(key_of("demo", 16))
        await d.press("h", "c")
        assert isinstance(d.app.screen, Compare)
        assert "2 runs: what differs" in d.text
        await d.press("escape", "x")
        d.app.screen.query_one(Input).value = str(tmp_path / "runs.csv")
        await d.press("enter")

    run(script, size=(130, 60))
    written = list(csv.DictReader((tmp_path / "runs.csv").open(encoding="utf-8")))
    assert sorted(int(row["run_id"]) for row in written) == [9, 10, 17, 18]
    assert {row["width"] for row in written} == {"8", "16"}, "folded runs too, headings not"


def test_what_is_folded_is_remembered_and_what_is_broken_is_harmless(
    shared: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fold(d: Driver) -> None:
        rows = runs_of(d).rows
        assert len(rows.keys) == 37, "folded keys of other versions, or broken, fold nothing"
        rows.go_to_key(key_of("demo", 8))
        await d.press("h", "j", "j")

    async def look(d: Driver) -> None:
        rows = runs_of(d).rows
        assert len(rows.keys) == 37 - 8
        assert "▸ width 8" in d.text

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    broken = ["demo/8", "8", "[", "", '["demo", 8', '{"demo": 8}', "null", '["gone", 3]']
    state = ViewState(group_by=["sweep", "nokey", "width", "sweep"], folded=broken)
    save_state(state_file(shared.root), state, shared.root)
    drive(shared, fold, tmp_path, size=(130, 60))
    drive(shared, look, tmp_path, size=(130, 60))


def test_a_cursor_that_comes_back_to_a_folded_group_is_on_its_heading(
    shared: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look(d: Driver) -> None:
        assert runs_of(d).rows.key == key_of("demo", 8)

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    state = ViewState(group_by=["sweep", "width"], folded=[key_of("demo", 8)], cursor_run=12)
    save_state(state_file(shared.root), state, shared.root)
    drive(shared, look, tmp_path)
