"""Real stores, real worker processes, and waiting for conditions instead of sleeping."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engine.launch import Submitted, submit, worker_environment
from engine.specification.sweep import Sweep, parse
from store.checkpoints import read_checkpoint
from store.database import Store
from store.records import sweep_progress

PATIENCE_SECONDS = 120.0

SMALL = """
name = "small"
[base]
modulus = 11
width = 8
train_size = 60
learning_rate = 3e-3
steps = 400
evaluations = 40
[axes]
seeds = 3
"""


def small_sweep(**changes: str) -> Sweep:
    """A sweep of three runs that takes about a second."""
    from engine.specification.sweep import with_changes

    return with_changes(parse(SMALL, "here"), changes)


def submitted(folder: Path, sweep: Sweep) -> tuple[Store, Submitted]:
    """A new store with the sweep in its queue, and no worker."""
    store = Store.open(folder)
    return store, submit(store, sweep, "cpu")


def start_worker(
    store: Store, worker_id: str, *, checkpoint_seconds: float = 0.2
) -> subprocess.Popen[bytes]:
    """A worker process on the CPU, one thread, that writes checkpoints often."""
    log = (store.layout.logs / f"{worker_id}.log").open("ab")
    return subprocess.Popen(
        [
            sys.executable, "-m", "engine.worker", "--store", str(store.root), "--device", "cpu",
            "--id", worker_id, "--threads", "1", "--checkpoint-seconds", str(checkpoint_seconds),
        ],
        stdout=log,
        stderr=log,
        env=worker_environment(),
        start_new_session=True,
    )  # fmt: skip


def run_worker(store: Store, worker_id: str = "alone", patience: float = PATIENCE_SECONDS) -> int:
    """Let a worker work until the queue is empty, within so many seconds; its exit code."""
    return start_worker(store, worker_id).wait(patience)


@contextmanager
def holding(store: Store, *, read_only: bool) -> Iterator[int]:
    """Another program that has the database open all the while; its process id."""
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'True');"
        "print('held', flush=True); input()"
    )
    while True:
        holder = subprocess.Popen(
            [sys.executable, "-c", code, str(store.layout.database), str(read_only)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert holder.stdout is not None
        if holder.stdout.readline() == "held\n":
            break
        holder.wait()  # the worker had it open just then
    try:
        yield holder.pid
    finally:
        holder.communicate("\n")


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; fail with its name when patience is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.1)  # most conditions open the database, which the worker wants too


def states(store: Store, sweep_id: int) -> list[str]:
    """The states of a sweep's runs, in order."""
    return [run["state"] for run in sweep_progress(store, sweep_id)]


def steps(store: Store, sweep_id: int) -> list[int]:
    """The steps of the last metric row of each run, as recorded."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT run_id, coalesce(max(step), -1) FROM run_config LEFT JOIN metric_log "
            "USING (run_id) WHERE sweep_id = ? GROUP BY run_id ORDER BY run_id",
            [sweep_id],
        ).fetchall()
    return [step for _, step in rows]


def curves_of(store: Store, run_ids: list[int]) -> list[tuple[Any, ...]]:
    """Every row of the view metrics but attempt and seconds, run ids counted from 0."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT * EXCLUDE (attempt, seconds) FROM metrics "
            "WHERE run_id IN (SELECT unnest(?::INTEGER[])) ORDER BY run_id, step",
            [run_ids],
        ).fetchall()
    first = min(run_ids)
    return [(run_id - first, *values) for run_id, *values in rows]


def final_weights(store: Store, run_id: int) -> dict[str, bytes]:
    """The bits of everything in a run's last checkpoint."""
    with store.read() as connection:
        row = connection.execute(
            "SELECT path FROM checkpoint_log WHERE run_id = ? AND reason = 'end' "
            "ORDER BY attempt DESC LIMIT 1",
            [run_id],
        ).fetchone()
    assert row is not None
    tensors, _ = read_checkpoint(store.root / row[0])
    return {name: np.asarray(tensor).tobytes() for name, tensor in tensors.items()}
