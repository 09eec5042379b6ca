"""The phase grid through keys: slices, filter, choosing from lists, small terminals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from engine.launch import run_row
from engine.specification.config import RunConfig
from store.database import Store
from store.queue import add_sweep
from store.spool import Batch, SpoolWriter, ingest
from tests.tui.app.driving import Driver, drive
from tests.tui.app.stores import curve
from tui.app.frontiers import frontiers
from tui.app.screens.dialogs import Choose
from tui.app.views.grid import GridView

Script = Callable[[Driver], Awaitable[None]]
Run = Callable[..., None]

STEPS = 2000
MODULUS = 23  # 529 pairs


def add_finished(
    store: Store, name: str, configs: list[RunConfig], like: int | None = None
) -> None:
    """A sweep whose curves are those of a training size; None: each its own."""
    rows = [{**run_row(config), "device": "auto"} for config in configs]
    _, run_ids = add_sweep(store, name, f'name = "{name}"', rows)
    metrics: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for run_id, config in zip(run_ids, configs, strict=True):
        base = {"run_id": run_id, "attempt": 1}
        size = like or (200 if config.task == "subtract" else config.train_size)
        for row in curve(config.width, size, config.seed, STEPS):
            if config.train_size == MODULUS**2:
                row = {key: value for key, value in row.items() if "validation" not in key}
            metrics.append({**base, **row})
        events.append({**base, "state": "running", "step": 0, "worker_id": "cpu-test"})
        events.append({**base, "state": "finished", "step": STEPS, "detail": ""})
    SpoolWriter(store.layout, f"cpu-{name}").write(Batch(metrics=metrics, events=events))
    ingest(store, 10.0)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Sweep 1: no validation; 2: two tasks, of which only one generalizes."""
    store = Store.open(tmp_path_factory.mktemp("planes"))
    full = [
        RunConfig(width=w, train_size=MODULUS**2, modulus=MODULUS, steps=STEPS) for w in (8, 16)
    ]
    add_finished(store, "full", full, like=200)
    mixed = [
        RunConfig(task=task, width=w, train_size=size, seed=seed, modulus=MODULUS, steps=STEPS)
        for task in ("subtract", "add")
        for w in (8, 16)
        for size in (200, 300, 400)
        for seed in range(5)
    ]
    add_finished(store, "tasks", mixed)
    return store


@pytest.fixture
def go(store: Store, tmp_path: Path) -> Run:
    def inner(script: Script, **options: Any) -> None:
        drive(store, script, tmp_path / "state", **options)

    return inner


def grid_of(d: Driver) -> GridView:
    view = d.app.view
    assert isinstance(view, GridView)
    return view


def tasks_in(view: GridView) -> set[str]:
    ids = [i for cell in view.plane.cells for i in cell.run_ids]
    return {run["task"] for run in view.grok.table.runs(ids)}


def test_a_cell_holds_one_task_and_keys_turn_to_the_other(go: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("3")
        view = grid_of(d)
        assert tasks_in(view) == {"add"}
        assert "s2 tasks · task add (1 of 2" in d.text
        assert "critical size" in d.text
        await d.press("space", "full_stop")
        assert tasks_in(view) == {"subtract"}
        assert "task subtract (2 of 2" in d.text
        assert not view.plane.marked
        assert "critical size" not in d.text, "it never generalizes"
        await d.press("full_stop")
        assert tasks_in(view) == {"add"}
        await d.press("comma")
        assert tasks_in(view) == {"subtract"}
        await d.press("left_square_bracket", "comma")
        assert "there is one slice" in d.notices

    go(script)


def test_the_filter_chooses_the_runs_of_the_cells_and_is_in_sight(go: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("3", "slash", *"task=subtract seed=1", "enter")
        view = grid_of(d)
        assert "filter: task=subtract seed=1" in d.text.split("\n")[0]
        assert tasks_in(view) == {"subtract"}
        assert {len(cell.run_ids) for cell in view.plane.cells} == {1}
        assert view.plane.slices == [()]
        await d.press("slash", "ctrl+u", *"width>99", "enter")
        assert "No run of s2 tasks passes the filter width>99" in d.text
        assert not view.targets()
        await d.press("escape")
        assert d.app.state.filter == ""
        assert len(view.plane.cells) == 6
        await d.press("slash", *"seed=4")
        assert {len(cell.run_ids) for cell in view.plane.cells} == {1}, "while it is typed"

    go(script)


def test_sweeps_and_measures_are_chosen_from_lists(go: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("3", "s")
        assert isinstance(d.app.screen, Choose)
        assert "2 of 2 finished" in d.text
        await d.press(*"full", "enter")
        assert grid_of(d).sweep == 1
        assert "sweep 1 of 2" in d.text.split("\n")[0]
        await d.press("w", *"train_acc", "enter")
        assert d.app.state.measure == "train_accuracy"
        assert "final training accuracy" in d.text

    go(script)


def test_without_validation_cells_and_curves_say_so(go: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("3", "left_square_bracket", "m")
        assert d.app.state.measure == "validation_accuracy"
        assert "no validation set" in d.text
        await d.press("m", "m")
        assert "no validation set" not in d.text.split("│")[0]
        await d.press("enter")
        assert d.text.count("no validation set") == 2, "accuracy and loss"
        assert "no values yet" not in d.text

    go(script)


@pytest.mark.parametrize("size", [(60, 18), (80, 24)])
def test_every_seed_of_a_cell_is_in_sight_in_a_small_terminal(
    go: Run, size: tuple[int, int]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("3", "G")
        cell = grid_of(d).plane.cell
        assert cell is not None
        assert len(cell.run_ids) == 5
        panel = "\n".join(d.text.split("\n")[size[1] // 2 :])
        assert all(f" {run_id} " in panel for run_id in cell.run_ids)

    go(script, size=size)


def test_a_curve_is_that_of_the_slice_alone() -> None:
    rows = [
        {"name": "critical size", "width": 8, "train_size": 300.0, "task": "add", "steps": 9,
         "learning_rate": 0.1},
        {"name": "critical size", "width": 8, "train_size": 400.0, "task": "divide", "steps": 9,
         "learning_rate": 0.1},
        {"name": "capacity", "width": 8, "train_size": 90.0, "task": None, "steps": None,
         "learning_rate": 0.1},
        {"name": "capacity", "width": 8, "train_size": 50.0, "task": None, "steps": None,
         "learning_rate": 0.2},
    ]  # fmt: skip

    def at(*plane: tuple[str, Any]) -> dict[str, dict[Any, float]]:
        return {one.name: dict(one.columns) for one in frontiers(rows, plane)}

    both = (("task", "add"), ("learning_rate", 0.1))
    assert at(*both) == {"critical size": {8: 300.0}, "capacity": {8: 90.0}}
    assert at(("task", "divide"), ("learning_rate", 0.2)) == {"capacity": {8: 50.0}}
    assert at(("learning_rate", 0.1)) == {"capacity": {8: 90.0}}, "two critical sizes: neither"
    assert at(*both, ("beta1", 0.9)) == {"capacity": {8: 90.0}}
