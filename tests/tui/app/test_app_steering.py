"""Acting on runs through keys: stop, pause, tags, notes, launching, a held database."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.widgets import Input

from engine.specification.presets import load
from engine.specification.sweep import with_changes
from store import catalog
from store.database import Store
from store.leases import LeaseObserver
from store.queue import add_sweep, claim
from tests.store.support import config as run_config
from tests.store.support import line_of, start
from tests.tui.app.driving import Driver, drive
from tests.tui.app.stores import make_store
from tui.app.screens.dialogs import Confirm
from tui.app.screens.launch import Launch
from tui.app.views.runs import RunsView

Script = Callable[[Driver], Awaitable[None]]
Run = Callable[..., None]


def runs_of(d: Driver) -> RunsView:
    view = d.app.view
    assert isinstance(view, RunsView)
    return view


def demo_runs(**changes: str) -> int:
    return len(with_changes(load("demo"), changes).runs())


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


def test_runs_of_a_killed_worker_are_dead_and_free(
    own: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker of this sweep is a process; it is killed while the app looks on."""
    started: list[str] = []
    monkeypatch.setattr(
        "engine.launch.ensure_workers", lambda _, device, *__: started.append(device)
    )
    victim = start("live", own.root, "victim")
    assert line_of(victim) == "alive"
    runs = add_sweep(own, "two", "", [run_config(seed=seed) for seed in (0, 1, 2)])[1]
    claim(own, "victim", "cpu", lambda found: [c.run_id for c in found if c.run_id in runs])

    async def script(d: Driver) -> None:
        assert [run["state"] for run in d.app.table.runs(runs)] == ["running"] * 3
        victim.kill()
        victim.communicate()
        await d.until(lambda: d.app.table.run(runs[0])["state"] == "dead")
        assert states(own)[runs[0]] == ("running", None)
        assert "† dead" in d.text
        assert d.app.table.run(25)["state"] == "running"  # its own worker lives
        await d.press("3")
        await d.until(lambda: "dead: its worker is gone" in d.text)
        await d.press("5")
        await d.until(lambda: "victim" in d.text)
        assert "DEAD" in d.text
        assert "dead             3" in d.text
        await d.press("1")
        for key, after in (("p", "paused"), ("K", "stopped"), ("R", "queued")):
            run_id = runs_of(d).rows.key
            assert d.app.table.run(run_id)["state"] == "dead"
            await d.press(key)
            if key == "K":
                assert "1 dead" in d.text
                await d.press("y")
            await d.until(lambda r=run_id, a=after: states(own)[r] == (a, None))  # type: ignore[misc]
            await d.until(lambda r=run_id, a=after: d.app.table.run(r)["state"] == a)  # type: ignore[misc]
            await d.press("j")
        assert started == ["auto"]
        assert not (own.layout.workers / "victim.json").exists()

    drive(own, script, tmp_path)


def test_runs_of_a_hung_worker_are_dead_after_a_while(
    own: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is there and holds its lock: only who has watched it knows."""
    told: list[LeaseObserver] = []
    monkeypatch.setattr(
        "engine.launch.ensure_workers", lambda _, __, observer: told.append(observer)
    )
    hung = start("live", own.root, "hung")
    assert line_of(hung) == "alive"
    (run_id,) = add_sweep(own, "one", "", [run_config()])[1]
    claim(own, "hung", "cpu", lambda found: [run_id])

    async def script(d: Driver) -> None:
        d.app.library.observer = LeaseObserver(own.layout, lapse_seconds=1.0)
        assert d.app.table.run(run_id)["state"] == "running"
        hung.send_signal(signal.SIGSTOP)
        await d.until(lambda: d.app.table.run(run_id)["state"] == "dead")
        await d.press("R")
        await d.until(lambda: states(own)[run_id] == ("queued", None))
        await d.until(lambda: told)
        assert "hung" not in told[0].alive()

    try:
        drive(own, script, tmp_path)
    finally:
        hung.kill()
        hung.communicate()


def test_what_is_over_is_said_in_one_way_and_once(own: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("G")
        for key, what in (("K", "stop"), ("p", "pause"), ("R", "resume")):
            await d.press(key, key)
            said = f"There is nothing to {what}: 1 run is finished."
            assert d.notices.count(said) == 1
        for _ in range(3):  # keys in one burst: none waits for what the one before has shown
            d.app.notify("again")
        await d.settle()
        assert d.notices.count("again") == 1
        assert "nothing to stop" in d.notices
        await d.press("g", "K")
        assert isinstance(d.app.screen, Confirm)
        assert not d.notices  # nothing lies over the question

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
    monkeypatch.setattr(
        "engine.launch.ensure_workers", lambda _, device, *__: started.append(device)
    )

    async def script(d: Driver) -> None:
        await d.press("n", "enter")
        await d.until(lambda: len(d.app.table) == 32 + demo_runs())
        assert started == ["auto"]
        await d.until(lambda: runs_of(d).rows.key == 33)
        assert d.app.state.grid_sweep == 2

    drive(own, script, tmp_path)
