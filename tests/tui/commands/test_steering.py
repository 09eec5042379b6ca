"""Starting, stopping and annotating from the command line; Ctrl-C in a real pseudo-terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.commands.support import TINY, Done, Program

LONG = TINY.replace("steps = 300", "steps = 5000000").replace(
    "evaluations = 30", "evaluations = 5000"
)
PATIENCE_SECONDS = 90.0


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.05)


def states(program: Program) -> set[str]:
    return {row["state"] for row in program("ls", "runs", "--limit", "0", "--json").json}


@pytest.fixture
def long_sweep(program: Program, tmp_path: Path) -> Program:
    (tmp_path / "long.toml").write_text(LONG)
    return program


def test_a_detached_sweep_trains_without_its_launcher_and_obeys(long_sweep: Program) -> None:
    program = long_sweep
    started = program("sweep", "long.toml", "--detach", "--json")
    assert started.json["sweep_id"] == 1
    assert len(started.json["run_ids"]) == 8
    until(lambda: "running" in states(program), "it trains")
    program("pause", "all")
    until(lambda: states(program) == {"paused"}, "all pause")
    assert "8 already paused" in program("pause", "s1").err
    resumed = program("resume", "s1")
    assert "8 queued" in resumed.err
    until(lambda: "running" in states(program), "it trains again")
    program("stop", "tiny")
    until(lambda: states(program) == {"stopped"}, "all stop")
    assert program("rm", "s1", "--yes").code == 0
    assert program("ls", "runs", "--json").json == []


def test_runs_of_a_killed_worker_are_dead_and_obey(long_sweep: Program) -> None:
    program = long_sweep
    program("sweep", "long.toml", "--detach")
    until(lambda: "running" in states(program), "it trains")
    sign = json.loads(next(program.store.glob("workers/*.json")).read_text())
    os.kill(sign["pid"], signal.SIGKILL)
    until(lambda: "dead" in states(program), "the death is seen")
    runs = program("ls", "runs", "--limit", "0", "--json").json
    dead = sorted(run["run_id"] for run in runs if run["state"] == "dead")
    assert len(dead) > 1
    assert {run["state"] for run in runs} <= {"dead", "queued"}
    (sweep,) = program("ls", "sweeps", "--json").json
    assert (sweep["running"], sweep["dead"]) == (0, len(dead))
    assert "dead" in program("ls").out.split("\n")[0]
    assert program("show", str(dead[0]), "--json").json["run"]["state"] == "dead"
    assert "dead" in {run["state"] for run in program("show", "s1", "--json").json["runs"]}
    assert program("ls", "workers", "--json").json[0]["state"] == "dead"
    assert "1 stopped" in program("stop", str(dead[0])).err
    assert "1 paused" in program("pause", str(dead[1])).err
    resumed = program("resume", "all")
    assert "Training on cpu-" in resumed.err
    until(lambda: "running" in states(program), "another worker goes on")
    assert "dead" not in states(program)
    program("stop", "all")
    until(lambda: states(program) == {"stopped"}, "all stop")


def test_nothing_is_started_for_runs_that_are_finished(finished: tuple[Program, Done]) -> None:
    program, _ = finished
    done = program("resume", "s1")
    assert "8 already finished" in done.err
    assert "Training on" not in done.err
    assert not list(program.store.glob("workers/*.json"))


def test_runs_that_train_are_not_removed(long_sweep: Program) -> None:
    program = long_sweep
    program("sweep", "long.toml", "--detach")
    until(lambda: "running" in states(program), "it trains")
    refused = program("rm", "all", "--yes")
    assert refused.code == 1
    assert "Traceback" not in refused.err
    assert len(program("ls", "runs", "--json").json) == 8
    program("stop", "all")
    until(lambda: states(program) == {"stopped"}, "all stop")


def test_tags_and_notes_are_kept_as_they_are(program: Program) -> None:
    program("run", "--modulus", "11", "--width", "4", "--train-size", "40", "--steps", "20")
    words = "[bold]x[/bold] '; DROP TABLE sweep; -- é 数 \u202e"
    program("tag", "1", "good", "odd")
    program("tag", "1", "!odd")
    program("note", "1", words)
    program("note", "s1", words)
    (run,) = program("ls", "runs", "--json").json
    assert run["tags"] == ["good"]
    assert run["note"] == words
    assert program("ls", "sweeps", "--json").json[0]["note"] == words


class Terminal:
    """The program in a pseudo-terminal of 100 × 30."""

    def __init__(self, program: Program, *arguments: str) -> None:
        self.screen = ""
        self._end, other = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui", *arguments],
            stdin=other, stdout=other, stderr=other, start_new_session=True,
            env={**program.environment, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"},
            cwd=program.store.parent, preexec_fn=_own_terminal,
        )  # fmt: skip
        os.close(other)

    def until(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.screen:
            assert time.monotonic() < deadline, f"no '{text}' in {self.screen[-500:]}"
            self._read(0.2)

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def wait(self) -> int:
        while self.process.poll() is None:
            self._read(0.1)
        return self.process.returncode

    def _read(self, seconds: float) -> None:
        if select.select([self._end], [], [], seconds)[0]:
            try:
                self.screen += os.read(self._end, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                return


def _own_terminal() -> None:
    """Make the terminal the controlling one, so that Ctrl-C reaches the program."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_ctrl_c_asks_pauses_with_checkpoints_and_says_how_to_resume(long_sweep: Program) -> None:
    terminal = Terminal(long_sweep, "sweep", "long.toml")
    terminal.until("width 4, depth 1")
    assert re.search(r"0/8 runs", terminal.screen)
    terminal.type("\x03")
    terminal.until("Pause the sweep (p)")
    terminal.type("p\r")
    terminal.until("grok-tui resume s1")
    assert terminal.wait() == 130
    assert states(long_sweep) == {"paused"}
    assert long_sweep("ls", "checkpoints", "--json").json
    assert "Traceback" not in terminal.screen


def test_ctrl_c_may_leave_it_training_or_go_on_watching(long_sweep: Program) -> None:
    terminal = Terminal(long_sweep, "sweep", "long.toml")
    terminal.until("width 4, depth 1")
    terminal.type("\x03")
    terminal.until("Pause the sweep (p)")
    terminal.type("g\r")
    seen = len(terminal.screen)
    until(lambda: "width 4, depth 1" in _after(terminal, seen), "the bar is back")
    terminal.type("\x03")
    terminal.until("Pause the sweep (p)")
    terminal.type("l\r")
    terminal.until("Training goes on")
    assert terminal.wait() == 130
    assert "running" in states(long_sweep)
    long_sweep("stop", "all")
    until(lambda: states(long_sweep) == {"stopped"}, "all stop")


def _after(terminal: Terminal, seen: int) -> str:
    terminal._read(0.1)
    return terminal.screen[seen:]


def test_without_a_terminal_an_interrupt_pauses(long_sweep: Program) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", "sweep", "long.toml"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=long_sweep.environment, cwd=long_sweep.store.parent, start_new_session=True,
    )  # fmt: skip
    until(lambda: long_sweep.store.exists() and "running" in states(long_sweep), "it trains")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert "Go on with: grok-tui resume s1" in err
    assert "Traceback" not in err
    assert states(long_sweep) == {"paused"}


def test_a_foreground_sweep_survives_the_death_of_its_worker(
    program: Program, tmp_path: Path
) -> None:
    (tmp_path / "some.toml").write_text(TINY.replace("steps = 300", "steps = 60000"))
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", "sweep", "some.toml"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=program.environment, cwd=tmp_path, start_new_session=True,
    )  # fmt: skip
    until(lambda: program.store.exists() and "running" in states(program), "it trains")
    os.kill(
        json.loads(next(program.store.glob("workers/*.json")).read_text())["pid"], signal.SIGKILL
    )
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
    assert "No worker was left" in err
    assert "8 finished" in err
    assert "train_size" in out
