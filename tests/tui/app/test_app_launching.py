"""Launching through keys: from runs, from cells, with changes and more seeds; and resuming."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from engine.specification.sweep import Sweep
from store import catalog
from store.database import Store
from tests.tui.app.driving import Driver, drive
from tui.app.pricing import Price, price
from tui.app.screens.dialogs import Ask, Confirm
from tui.app.screens.launch import Launch
from tui.app.views.grid import GridView
from tui.app.views.runs import RunsView


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The devices for which the app wanted workers; none is started."""
    devices: list[str] = []
    monkeypatch.setattr(
        "engine.launch.ensure_workers", lambda _, device, *__: devices.append(device)
    )
    return devices


def configs(store: Store, sweep_id: int) -> list[dict[str, Any]]:
    """The configurations of a sweep's runs."""
    question = """
        SELECT * EXCLUDE (run_id, sweep_id, created_at) FROM run_config
        WHERE sweep_id = ? ORDER BY ALL
    """
    with store.read() as connection:
        answer = connection.execute(question, [sweep_id])
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def state(store: Store, run_id: int) -> str:
    with store.read() as connection:
        question = "SELECT state FROM run_states WHERE run_id = ?"
        return str(connection.execute(question, [run_id]).fetchall()[0][0])


async def write_field(d: Driver, name: str, text: str) -> None:
    """Replace what a field of the form says."""
    d.app.screen.query_one(f"#field-{name}").focus()
    await d.press("ctrl+u")
    await d.type(text)


def test_a_run_is_repeated_with_one_thing_changed(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "N")
        assert isinstance(d.app.screen, Launch)
        assert "From run 1" in d.text
        while d.app.focused is not d.app.screen.query_one("#field-learning_rate"):
            await d.start("tab")
        await d.press("ctrl+u", *"0.002", "enter")
        await d.until(lambda: len(d.app.table) == 33)

    drive(own, script, tmp_path)
    assert started == ["auto"]
    original = next(
        c for c in configs(own, 1) if (c["width"], c["train_size"], c["seed"]) == (4, 200, 0)
    )
    (repeated,) = configs(own, 2)
    assert repeated == {**original, "seed": 1, "learning_rate": 0.002}


def test_marked_runs_are_launched_with_more_seeds(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "space", "k", "k", "space", "N")
        assert "From runs 1, 3" in d.text.replace("\n", " ") or "From runs 3, 1" in d.text
        await write_field(d, "seed", "5..7")
        await d.until(lambda: "6 runs" in d.text)
        await d.press("f5")
        await d.until(lambda: len(d.app.table) == 38)

    drive(own, script, tmp_path)
    made = {(c["width"], c["train_size"], c["seed"]) for c in configs(own, 2)}
    assert made == {(4, size, seed) for size in (200, 300) for seed in (5, 6, 7)}


def test_marked_cells_are_launched_on_a_finer_axis(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("3", "space", "j", "space")
        assert "2 marked" in d.text
        await d.press("N")
        await write_field(d, "train_size", "220,240")
        await write_field(d, "seed", "0")
        await d.until(lambda: "4 runs" in d.text)
        await d.press("enter")
        await d.until(lambda: len(d.app.table) == 36)
        view = d.app.view
        assert isinstance(view, GridView)
        await d.until(
            lambda: set(view.plane.by_place) == {(w, s) for w in (16, 32) for s in (220, 240)}
        )
        assert view.sweep == 2
        assert not view.plane.marked

    drive(own, script, tmp_path)
    assert started == ["auto"]


def test_what_is_launched_comes_into_sight_whatever_was_marked_or_filtered(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("slash", *"seed=0", "enter")
        await d.press("space", "space")
        await d.press("n", "tab", "tab", "enter")
        await d.until(lambda: len(d.app.table) > 32)
        view = d.app.view
        assert isinstance(view, RunsView)
        await d.until(lambda: view.shown_runs() == [33])
        assert d.app.state.filter == ""

    drive(own, script, tmp_path)


def test_the_first_run_of_many_is_in_sight_in_a_store_that_was_empty(
    tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("n")
        await write_field(d, "seed", "0..24")
        await write_field(d, "width", "8,16,32")
        await write_field(d, "train_size", "300")
        await d.until(lambda: "75 runs" in d.text)
        await d.press("enter")
        await d.until(lambda: len(d.app.table) == 75)
        await d.settle()
        view = d.app.view
        assert isinstance(view, RunsView)
        assert view.rows.key == 1
        top = round(view.rows.scroll_y)
        assert top <= view.rows.cursor < top + view.rows.size.height - 1

    drive(Store.open(tmp_path / "own"), script, tmp_path)


@pytest.mark.parametrize("size", [(80, 24), (60, 18), (130, 36)])
def test_the_curve_of_what_is_launched_is_in_sight_at_once(
    own: Store, tmp_path: Path, started: list[str], size: tuple[int, int]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("n")
        await write_field(d, "seed", "0..3")
        await write_field(d, "width", "8")
        await write_field(d, "train_size", "300")
        await d.press("enter")
        await d.until(lambda: len(d.app.table) > 32)
        await d.settle()
        view = d.app.view
        assert isinstance(view, RunsView)
        assert view.shown_runs() == [33]
        assert "Checkpoints" in d.text
        top = round(view.rows.scroll_y)
        in_sight = view.rows.keys[top : top + view.rows.size.height - 1]
        assert 33 in in_sight
        assert len(in_sight) == 3 or {33, 34, 35, 36} <= set(in_sight)

    drive(own, script, tmp_path, size=size)


def test_the_heading_of_what_is_launched_is_in_sight(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("B")
        await d.type("sweep")
        await d.press("enter", "G", "n")
        await write_field(d, "name", "a")  # above the others
        await write_field(d, "width", "8")
        await d.press("enter")
        await d.until(lambda: len(d.app.table) > 32)
        await d.settle()
        view = d.app.view
        assert isinstance(view, RunsView)
        assert view.rows.key == 33
        assert "▾ sweep a " in d.text

    drive(own, script, tmp_path, size=(130, 20))


def test_what_takes_long_is_launched_after_a_question(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("n")
        await write_field(d, "steps", "300000")
        await write_field(d, "seed", "0..99")
        await d.press("enter")
        assert isinstance(d.app.screen, Confirm)
        await d.until(lambda: "Train demo 2?" in d.text and "00 runs" in d.text)
        assert "about" in d.text
        await d.press("escape")
        assert isinstance(d.app.screen, Launch), "back in the form, with what was typed"
        assert len(d.app.table) == 32
        await d.press("enter", "enter")
        await d.until(lambda: len(d.app.table) > 132)

    drive(own, script, tmp_path)
    assert started == ["auto"]


def test_a_preset_that_is_soon_done_is_three_keys_away(tmp_path: Path, started: list[str]) -> None:
    async def script(d: Driver) -> None:
        await d.press("n", "enter")
        await d.until(lambda: len(d.app.table) > 0)

    drive(Store.open(tmp_path / "own"), script, tmp_path)
    assert started == ["auto"]


def test_a_sweep_that_is_not_possible_is_not_launched(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("n")
        await write_field(d, "device", "abacus")
        await d.press("enter")
        assert isinstance(d.app.screen, Launch)
        await d.until(lambda: "abacus" in d.text.rsplit("stop_when_settled", 1)[-1])
        await d.press("escape")
        assert len(d.app.table) == 32

    drive(own, script, tmp_path)
    assert configs(own, 2) == []
    assert started == []


def test_the_form_can_be_filled_in_in_a_small_terminal(own: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("n")
        inputs = list(d.app.screen.query(Input))
        assert len(inputs) > 15
        await d.until(lambda: all(line.size.width >= 16 for line in inputs))
        await write_field(d, "width", "8,9")
        await d.until(lambda: "not divided by heads" in " ".join(d.text.split()))

    drive(own, script, tmp_path, size=(60, 18))


def test_what_does_not_fit_together_is_said_beside_each_of_its_fields(
    own: Store, tmp_path: Path
) -> None:
    def line(d: Driver, name: str) -> str:
        return next(one for one in d.text.split("\n") if f" {name} " in one)

    async def script(d: Driver) -> None:
        await d.press("n")
        await write_field(d, "heads", "7")
        await d.until(lambda: "width = 4 is not" in line(d, "heads"))
        assert "width = 4 is not" in line(d, "width")
        assert "optimizer steps" in line(d, "steps"), "the others keep their meaning"
        whole = "heads: width = 4 is not divided by heads = 7; heads could be 1, 2, 4."
        assert whole in d.text
        await write_field(d, "heads", "2")
        await d.until(lambda: "residual stream" in line(d, "width"))
        await write_field(d, "device", "abacus")
        await d.until(lambda: "no device 'abacus'" in line(d, "device"))

    drive(own, script, tmp_path, size=(140, 40))


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 18)])
def test_what_a_field_means_is_whole_below_the_form(
    own: Store, tmp_path: Path, size: tuple[int, int]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("n")
        if size[0] < 90:
            assert "All four zones" in d.text, "what the draft is, too"
        d.app.screen.query_one("#field-memorization_size").focus()
        await d.settle()
        words = " ".join(d.text.replace("│", " ").split())
        assert "this many randomly labelled subtraction pairs are trained too; 0 for none" in words

    drive(own, script, tmp_path, size=size)


def test_two_sweeps_have_two_names_and_drafts_have_their_price(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        def known(name: str) -> Callable[[], bool]:
            return lambda: name in d.app.table.columns["sweep"]

        def priced(preset: str) -> Callable[[], object]:
            return lambda: re.search(rf"│ {preset} +\d+ [smhd] ", d.text)

        for name in ("demo 2", "demo 3"):
            await d.press("n")
            assert d.app.screen.query_one("#field-name", Input).value == name
            await write_field(d, "width", "8")
            await d.press("enter")
            await d.until(known(name))
        await d.press("n")
        for preset in ("fig2", "laptop/fig2"):
            await d.until(priced(preset))
        await d.press("j")
        assert d.app.screen.query_one("#field-name", Input).value == "fig10", "Paper knows it by it"

    drive(own, script, tmp_path, size=(140, 40))


def test_a_price_that_is_not_that_of_what_is_typed_says_so(
    own: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(sweep: Sweep, device: str) -> Price:
        assert go_on.wait(10)
        return price(sweep, device)

    async def script(d: Driver) -> None:
        await d.press("n")
        await d.until(lambda: "75 runs · " in d.text)
        monkeypatch.setattr("tui.app.screens.launch.price", slow)
        d.app.screen.query_one("#field-seed").focus()
        await d.start("0")
        await d.until(lambda: re.search(r"75 runs · .* · reckoning …", d.text))
        go_on.set()
        await d.until(lambda: "525 runs · " in d.text)
        assert "reckoning" not in d.text

    drive(own, script, tmp_path)


def test_what_was_typed_survives_another_size_of_the_terminal(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    typed = {"name": "mine", "device": "cpu", "width": "8,16", "train_size": "250", "seed": "3"}

    async def script(d: Driver) -> None:
        await d.press("n")
        for name, text in typed.items():
            await write_field(d, name, text)
        for size in ((80, 24), (60, 18), (160, 50), (130, 36)):
            await d.resize(*size)
            form = d.app.screen
            fields = {name: form.query_one(f"#field-{name}", Input).value for name in typed}
            assert fields == typed, size
            assert form.query_one("#field-seed", Input).has_focus, size
        await d.type("..4")
        await d.until(lambda: "│ 4 runs · " in d.text)
        await d.press("enter")
        await d.until(lambda: len(d.app.table) == 36)

    drive(own, script, tmp_path)
    made = {(c["width"], c["train_size"], c["seed"]) for c in configs(own, 2)}
    assert made == {(width, 250, seed) for width in (8, 16) for seed in (3, 4)}
    assert started == ["cpu"]


# resuming


def test_paused_and_stopped_runs_are_resumed(
    own: Store, tmp_path: Path, started: list[str]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("p")
        await d.until(lambda: state(own, 32) == "paused")
        assert started == []
        await d.press("R")
        await d.until(lambda: state(own, 32) == "queued")
        assert started == ["auto"]
        await d.press("K", "y")
        await d.until(lambda: state(own, 32) == "stopped")
        await d.press("R")
        await d.until(lambda: state(own, 32) == "queued")
        await d.press("G", "R")
        assert "nothing to resume: 1 run is finished" in d.notices
        assert state(own, 1) == "finished"

    drive(own, script, tmp_path)


def test_stop_says_how_many_of_its_runs_are_out_of_sight(own: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("a", "slash", *"train_size=500", "enter", "K")
        assert isinstance(d.app.screen, Confirm)
        assert "Stop 8 runs?" in d.text
        assert "6 of them hidden by the filter train_size=500" in d.text
        await d.press("escape")
        assert state(own, 32) == "queued"

    drive(own, script, tmp_path)


def test_keys_that_need_a_run_say_so_without_one(tmp_path: Path) -> None:
    empty = Store.open(tmp_path / "empty")

    async def script(d: Driver) -> None:
        for key, says in (
            ("t", "no run to tag"),
            ("e", "no run to write a note on"),
            ("p", "no run to pause"),
            ("R", "no run to resume"),
            ("K", "no run to stop"),
            ("N", "no run to launch again"),
            ("c", "Mark the runs to compare"),
            ("F", "no run to fork"),
        ):
            await d.press(key)
            assert says in d.notices, key
            assert isinstance(d.app.view, RunsView)
            assert len(d.app.screen_stack) == 1

    drive(empty, script, tmp_path)


# notes


def test_different_notes_are_not_lost_by_enter(own: Store, tmp_path: Path) -> None:
    catalog.set_note(own, [32], "first")
    catalog.set_note(own, [31], "second")

    def notes() -> dict[int, str | None]:
        question = "SELECT run_id, note FROM runs WHERE run_id IN (31, 32)"
        with own.read() as connection:
            return dict(connection.execute(question).fetchall())

    async def script(d: Driver) -> None:
        await d.press("space", "space", "e")
        assert isinstance(d.app.screen, Ask)
        assert d.app.screen.query_one(Input).value == ""
        await d.press("enter")
        assert notes() == {32: "first", 31: "second"}
        await d.press("e")
        await d.type("both")
        await d.press("enter")
        await d.until(lambda: notes() == {32: "both", 31: "both"})
        await d.until(lambda: d.app.table.run(31)["note"] == "both")
        await d.press("e")
        assert d.app.screen.query_one(Input).value == "both"

    drive(own, script, tmp_path)


# files


def test_no_file_name_ends_the_app(own: Store, tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")

    async def script(d: Driver) -> None:
        await d.press("x")
        line = d.app.screen.query_one(Input)
        for name, says in (
            ("~nobody-has-this-name/x.csv", "no folder"),
            (str(tmp_path / ("x" * 300 + ".csv")), "cannot be a file"),
            (str(tmp_path / "nowhere" / "x.csv"), "no folder"),
            (str(tmp_path / "x.pdf"), "ends in .csv"),
            (str(there), "is there already"),
        ):
            line.value = ""
            await d.type(name[:2])
            line.value = name
            await d.press("enter")
            assert isinstance(d.app.screen, Ask), name
            assert says in " ".join(d.text.split()), name
        await d.press("escape")
        assert d.app.is_running

    drive(own, script, tmp_path, size=(400, 36))
    assert there.read_text() == "mine"
