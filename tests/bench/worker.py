"""What a worker does besides training, and the memory that it takes.

    python -m tests.bench.worker [--threads N] [--json FILE]

First, real sweeps through a real worker: the time of its steps, of its evaluations, of its
checkpoints, of the rest of the training thread (milestones, rows, requests), and of the thread that
writes spool and database; each as a share of the steps. Then worker
processes that are told how much memory an ensemble may take, and the most that they took.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from engine.launch import submit
from engine.specification.estimate import memory_per_run
from engine.specification.presets import load
from engine.specification.sweep import Sweep
from engine.training import native as native_step
from engine.training.ensemble import Ensemble
from engine.worker import session
from engine.worker.recorder import Recorder
from engine.worker.service import Worker
from store.database import Store
from store.leases import WorkerLease

CHECKPOINT_SECONDS = 60.0  # as a worker has it where nobody says otherwise
MEBI = 2**20
BUDGETS = tuple(MEBI * each for each in (64, 256, 1024))

DEMO = replace(load("demo"), title="the demo")
FIG6 = load("fig6")
FIG6_PART = replace(
    FIG6,
    title="a part of fig6",
    axes={"width": (8, 32, 64), "train_size": (2600, 5000), "seed": (0,)},
)
WORK = (DEMO, FIG6_PART)
WIDE = Sweep(
    name="wide",
    title="one layer, width 64",
    base={"modulus": 113, "width": 64, "train_size": 5000, "steps": 20, "evaluations": 3},
    axes={"seed": tuple(range(32))},
)
DEEP = replace(
    WIDE,
    name="deep",
    title="four layers, width 64",
    base={**WIDE.base, "depth": 4, "train_size": 1000},
)


@dataclass(frozen=True, slots=True)
class Timed:
    """A callable whose time is counted under a name."""

    name: str
    owner: Any
    attribute: str
    clock: Callable[[], float] = time.perf_counter


PARTS = (
    Timed("steps", Ensemble, "train"),
    Timed("evaluations", Ensemble, "evaluate"),
    Timed("checkpoints", Ensemble, "states"),
    Timed("checkpoints", session, "write_checkpoints"),
    Timed("training thread", session.Session, "train"),
    Timed("spool and database", Recorder, "run", time.thread_time),
)


def shares(sweep: Sweep, threads: int) -> dict[str, float]:
    """Seconds of processor time of each part of a worker's work on ``sweep``.

    The training thread has all ``threads`` to itself, busy or not.
    """
    seconds: defaultdict[str, float] = defaultdict(float)

    def counted(part: Timed) -> Callable[..., Any]:
        original = getattr(part.owner, part.attribute)

        def call(*args: Any, **options: Any) -> Any:
            began = part.clock()
            try:
                return original(*args, **options)
            finally:
                seconds[part.name] += part.clock() - began

        return call

    with tempfile.TemporaryDirectory() as folder, ExitStack() as patched:
        for part in PARTS:
            patched.enter_context(mock.patch.object(part.owner, part.attribute, counted(part)))
        store = Store.open(Path(folder) / "store")
        submit(store, sweep, "cpu")
        with WorkerLease(store.layout, "bench", {"device": "cpu", "state": "started"}) as lease:
            Worker(
                store,
                lease,
                "cpu",
                threads=threads,
                memory_bytes=None,
                checkpoint_seconds=CHECKPOINT_SECONDS,
            ).work()
    named = seconds["steps"] + seconds["evaluations"] + seconds["checkpoints"]
    seconds["milestones, rows, requests"] = seconds.pop("training thread") - named
    return {
        name: each * (1 if name == "spool and database" else threads)
        for name, each in seconds.items()
    }


def most_memory(sweep: Sweep, budget: int, native: bool) -> int:
    """The most bytes that a worker process had resident while it trained ``sweep``."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "store")
        submit(store, sweep, "cpu")
        command = [sys.executable, "-m", "engine.worker", "--store", str(store.root)]
        command += ["--device", "cpu", "--id", "bench", "--threads", "1", "--memory", str(budget)]
        environment = os.environ | ({} if native else {native_step.SWITCH: "0"})
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"The worker ended with {process.returncode}.")
    return used.ru_maxrss * 1024


def print_shares(threads: int) -> list[dict[str, Any]]:
    """Measure, print and return the shares of every piece of work."""
    found = []
    for sweep in WORK:
        seconds = shares(sweep, threads)
        steps = seconds.pop("steps")
        print(f"\n{sweep.title}: {steps:.1f} s of processor time in steps, and beside them")
        for name, each in seconds.items():
            print(f"  {name:28}{each:8.2f} s{each / steps:8.1%}")
        rest = sum(seconds.values())
        print(f"  {'together':28}{rest:8.2f} s{rest / steps:8.1%}")
        found.append({"work": sweep.title, "steps": steps, **seconds})
    return found


def print_memory() -> list[dict[str, Any]]:
    """Measure, print and return the memory of workers with different budgets."""
    found = []
    for sweep, native in ((WIDE, True), (WIDE, False), (DEEP, True)):
        configs = sweep.runs()
        one = memory_per_run(configs[0])
        alone = replace(sweep, axes={"seed": (0,)})
        least = most_memory(alone, one, native)
        kind = "" if native else ", without the C++ step"
        print(f"\n{sweep.title}{kind}: a run counts as {one / MEBI:.0f} MiB,", end=" ")
        print(f"and a worker with one run takes {least / MEBI:.0f} MiB")
        for budget in BUDGETS:
            most = most_memory(sweep, budget, native)
            print(f"  told {budget / MEBI:5.0f} MiB: took {(most - least + one) / MEBI:5.0f} MiB")
            found.append({"work": sweep.title, "native": native, "told": budget, "took": most})
    return found


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--shares", action="store_true", help="without the memory")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count(), help="of the steps; all cores by default"
    )
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, PyTorch {torch.__version__}")
    report = {"shares": print_shares(arguments.threads)}
    if not arguments.shares:
        report["memory"] = print_memory()
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
