"""What the tests of the store share: a grid of runs, and real processes to do things with it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.checkpoints import NewCheckpoint, Written, write_checkpoints
from store.database import Store
from store.layout import StoreLayout
from store.queue import add_sweep

if TYPE_CHECKING:
    from store.checkpoints import Tensors

ROOT = Path(__file__).parents[2]


def config(**changes: Any) -> dict[str, Any]:
    """Return the columns of a run_config row."""
    return {
        "device": "auto", "shape": "one", "task": "add", "modulus": 113, "train_size": 3000,
        "memorization_size": 0, "width": 64, "depth": 1, "heads": 4, "feed_forward": "dense",
        "seed": 0, "steps": 1000, "batch_size": 0, "learning_rate": 1e-3, "weight_decay": 1.0,
        "beta1": 0.9, "beta2": 0.98, "warmup_steps": 10, "precision": "float32",
        "loss_precision": "float32", "evaluations": 300, "stop_when_settled": False,
        "parameters": 50_000, "memory_bytes": 1_000_000, "operations_per_step": 1e9,
        "chance": 0.01, **changes,
    }  # fmt: skip


def sweep_of(store: Store, count: int, **changes: Any) -> list[int]:
    """Queue a sweep of runs that differ in their seed, and return the ids of the runs."""
    return add_sweep(store, "test", "", [config(seed=seed, **changes) for seed in range(count)])[1]


def write_checkpoint(
    layout: StoreLayout,
    run_id: int,
    attempt: int,
    step: int,
    tensors: Tensors,
    metadata: Mapping[str, str],
) -> Written:
    """Write one run's checkpoint."""
    new = NewCheckpoint(run_id, attempt, step, tensors, metadata)
    return write_checkpoints(layout, [new])[0]


def rows_of(store: Store, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with store.read() as connection:
        return connection.execute(query).fetchall()


def start(*words: object) -> subprocess.Popen[str]:
    """Start ``python -m tests.store.children`` with these arguments."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.children", *map(str, words)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(child: subprocess.Popen[str]) -> str:
    """Wait for the next line that a child prints."""
    assert child.stdout is not None
    return child.stdout.readline().strip()


def told(children: Sequence[subprocess.Popen[str]]) -> Sequence[subprocess.Popen[str]]:
    """Tell children that wait for a line to go on."""
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    return children


def all_of(children: Sequence[subprocess.Popen[str]]) -> list[list[str]]:
    """Wait for the end of children that must succeed, and return the lines of each."""
    outputs = [child.communicate(timeout=60)[0].split("\n") for child in children]
    assert [child.returncode for child in children] == [0] * len(children)
    return [[line for line in output if line] for output in outputs]


def await_that(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until a condition holds; fail if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)
