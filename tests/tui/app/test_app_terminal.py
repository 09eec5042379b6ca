"""The whole program in a real pseudo-terminal."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from engine.specification.config import FIELDS
from store.database import Store
from store.leases import LeaseObserver
from tests.tui.app.stores import make_store
from tests.tui.app.terminal import Terminal, is_restored


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("store"), running=True)


def opened(
    store: Store, state: Path, *options: str, columns: int = 120, rows: int = 36
) -> Terminal:
    terminal = Terminal(store.root, state, columns, rows, *options)
    terminal.wait_for("32 of 32 runs")
    return terminal


def test_keys_change_the_view_and_q_restores_the_terminal(store: Store, tmp_path: Path) -> None:
    with opened(store, tmp_path) as terminal:
        terminal.send("3")
        terminal.wait_for("progression")
        terminal.send("5")
        terminal.wait_for("waiting batches")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert is_restored(terminal.received)
        assert b"goes on training" in terminal.received


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_restore_the_terminal(store: Store, tmp_path: Path, number: int) -> None:
    with opened(store, tmp_path) as terminal:
        if number == signal.SIGINT:
            terminal.send(b"\x03")
        else:
            os.kill(terminal.process.pid, number)
        assert terminal.wait_exit() == 0
        assert is_restored(terminal.received)


def test_a_dropped_connection_ends_the_app_and_the_view_is_kept(
    store: Store, tmp_path: Path
) -> None:
    terminal = opened(store, tmp_path)
    with terminal:
        terminal.send("3")
        terminal.wait_for("progression")
        terminal.send("m")
        terminal.wait_for("final validation accuracy")
        terminal.hang_up()
        terminal.process.wait(10)
    with Terminal(store.root, tmp_path) as again:
        again.wait_for("final validation accuracy")


@pytest.mark.parametrize("options", [(), ("--no-mouse",)])
def test_legacy_mouse_bytes_neither_kill_nor_type(
    store: Store, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """What a terminal sends after a tmux re-attach: X10 reports, beyond column 95 not UTF-8."""
    with opened(store, tmp_path, *options) as terminal:
        terminal.send(b"\x1b[M" + bytes([32, 32 + 120, 32 + 10]))
        terminal.send(b"\x1b[M" + b" 2")  # cut in two; as keys these would be "2" and "3"
        terminal.read(0.2)
        terminal.send(b"3")
        terminal.send(b"\x1b[M\x20\xffq")
        terminal.read(0.4)
        assert terminal.process.poll() is None
        assert "by run_id" in terminal.text.split("\n")[0]
        terminal.send("5")
        terminal.wait_for("waiting batches")


def test_resizing_while_live(store: Store, tmp_path: Path) -> None:
    with opened(store, tmp_path) as terminal:
        for columns, rows in ((60, 18), (1, 1), (300, 100), (20, 5), (120, 36)):
            for view in "12345":
                terminal.send("\x1b" + view if view == "5" else view)
            terminal.resize(columns, rows)
            terminal.read(0.4)
            assert terminal.process.poll() is None, (columns, rows)
        terminal.send("\x1b")
        terminal.read(0.3)
        terminal.send("1")
        terminal.wait_for("32 of 32 runs")


def test_an_idle_app_writes_nothing(store: Store, tmp_path: Path) -> None:
    with opened(store, tmp_path) as terminal:
        terminal.wait_for("grokking")
        terminal.read(1.5)
        before = len(terminal.received)
        terminal.read(2.0)
        assert len(terminal.received) == before


def test_torch_is_not_imported(store: Store, tmp_path: Path) -> None:
    with opened(store, tmp_path) as terminal:
        terminal.send("n")
        terminal.wait_for("Launch a sweep")
        maps = Path(f"/proc/{terminal.process.pid}/maps").read_text()
        assert "torch" not in maps


def test_a_sweep_launched_by_keys_trains_on_after_the_app_has_left(tmp_path: Path) -> None:
    """The demo cut down to one run: launch it, see its curve, quit, and see it end well."""
    store = Store.open(tmp_path / "store")
    with Terminal(store.root, tmp_path / "state") as terminal:
        terminal.wait_for("No runs yet")
        terminal.send("n")
        terminal.wait_for("Launch a sweep")
        fields = (
            ("train_size", 5, "330"),
            ("width", 2, "8"),
            ("seed", 4, "0"),
            ("steps", 1, "3000"),
        )
        for name, tabs, value in fields:
            default = FIELDS[name].default
            terminal.send("\t" * tabs + "\x15")
            terminal.wait_for(f"{name:<18} {default} ")
            terminal.send(value)
            terminal.wait_for(f"{name:<18} {value} ")
        terminal.wait_for("1 run ·")
        terminal.send("\r")
        terminal.wait_for("1 of 1 runs", 30)
        terminal.wait_for("━ train", 60)
        terminal.send("q")
        assert terminal.wait_exit() == 0

    def state() -> str:
        with store.read() as connection:
            return str(connection.execute("SELECT state FROM run_states").fetchall()[0][0])

    deadline = time.monotonic() + 90
    while state() in ("queued", "running") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert state() == "finished"
    observer = LeaseObserver(store.layout)
    while observer.alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not observer.alive(), "the worker leaves when the queue is empty"


def test_what_is_typed_in_one_burst_comes_into_the_filter_in_order(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", running=True)
    with Terminal(store.root, tmp_path) as terminal:
        terminal.wait_for("32 of 32 runs")
        terminal.send("/width=8")
        terminal.wait_for("8 of 32 runs")
        terminal.send("\x15seed=1 widht\x7f\x7fth=4\r")
        terminal.wait_for("filter: seed=1 width=4 · 4 of 32 runs")


BROKEN = """
import sys
from tui.app.views.runs import RunsView
def broken(view):
    raise RuntimeError("this was not foreseen")
async def broken_later(view):
    view.run_worker(later(view))
async def later(view):
    broken(view)
RunsView.do_reverse = {which}
from tui.app.__main__ import main
main()
"""


@pytest.mark.parametrize("which", ["broken", "broken_later"])
def test_an_internal_error_restores_the_terminal_and_leaves_its_traceback_in_a_log(
    store: Store, tmp_path: Path, which: str
) -> None:
    start = BROKEN.format(which=which)
    with Terminal(store.root, tmp_path, start=start, columns=200) as terminal:
        terminal.wait_for("32 of 32 runs")
        terminal.send("r")
        assert terminal.wait_exit() == 70
        assert is_restored(terminal.received)
        words = terminal.received.decode()
        assert "Internal error: RuntimeError: this was not foreseen" in words
        assert "Traceback" not in words
        (log,) = tmp_path.rglob("grok-tui-error.log")
        assert str(log) in words
        assert "in broken" in log.read_text(encoding="utf-8")


def test_without_colour_none_is_sent_and_the_cursor_is_seen(store: Store, tmp_path: Path) -> None:
    with Terminal(store.root, tmp_path, environment={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for("32 of 32 runs")
        terminal.send("j3")
        terminal.wait_for("progression")
        terminal.send("1")
        terminal.wait_for("run↓")
        codes = re.findall(rb"\x1b\[([\d;]*)m", terminal.received)
        numbers = {int(n) for code in codes for n in code.split(b";") if n}
        assert numbers <= {0, 1, 2, 3, 4, 7, 9}
        line = next(i for i, text in enumerate(terminal.screen.display) if " 31 demo" in text)
        assert terminal.screen.buffer[line][5].reverse
        assert not terminal.screen.buffer[line + 1][5].reverse


def test_a_screen_that_something_else_wrote_on_is_painted_again(
    store: Store, tmp_path: Path
) -> None:
    with opened(store, tmp_path) as terminal:
        terminal.scribble("wall: the system goes down")
        assert "goes down" in terminal.text
        terminal.send("j")
        terminal.read(0.5)
        assert "goes down" in terminal.text  # only what has changed is sent
        terminal.send(b"k\x0c")
        terminal.wait_for(lambda text: "goes down" not in text)
