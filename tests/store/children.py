"""What tests let other processes do: ``python -m tests.store.children ACTION STORE …``."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import duckdb
import numpy as np

from store import faults
from store.checkpoints import apply_retention
from store.database import Store
from store.leases import WorkerLease
from store.queue import claim
from store.spool import Batch, SpoolWriter, ingest
from tests.store.support import write_checkpoint

ROWS = 7  # in a batch


def die_at(name: str, visit: int) -> None:
    """Kill this process, with SIGKILL, when it comes to a point for the given time."""
    left = visit

    def on_point(point: str) -> None:
        nonlocal left
        left -= point == name
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    faults.on_point = on_point


def record(folder: Path, point: str, visit: str) -> None:
    """Write three batches, ingesting after each; say which are acknowledged."""
    store = Store.open(folder)
    writer = SpoolWriter(store.layout, "victim")
    die_at(point, int(visit))
    for number in range(3):
        rows = [
            {"run_id": 1, "attempt": 1, "step": number * ROWS + i, "seconds": 0.0}
            for i in range(ROWS)
        ]
        writer.write(Batch(metrics=rows))
        print(number, flush=True)
        ingest(store, 10.0)


def ingest_all(folder: Path) -> None:
    """Ingest when told to, and say how many rows."""
    store = Store.open(folder)
    print("ready", flush=True)
    sys.stdin.readline()
    print(ingest(store, 30.0))


def hold(folder: Path, mode: str) -> None:
    """Hold the database as any other DuckDB client would, until told to end."""
    connection = duckdb.connect(str(folder / "grok.duckdb"), read_only=mode == "reading")
    print("held", flush=True)
    sys.stdin.readline()
    connection.close()


def claim_all(folder: Path, worker_id: str) -> None:
    """Claim runs, two at a time, until there are none; print them."""
    store = Store.open(folder)
    print("ready", flush=True)
    sys.stdin.readline()
    while runs := claim(store, worker_id, "cpu", lambda found: [c.run_id for c in found[:2]]):
        print(*(run.run_id for run in runs), flush=True)


def live(folder: Path, worker_id: str) -> None:
    """Live as a worker, with a wall clock that jumps."""
    jumps = iter(range(10**9))
    time.time = lambda: (-1) ** next(jumps) * 1e9
    store = Store.open(folder)
    with WorkerLease(store.layout, worker_id, {"device": "cpu"}) as lease:
        print("alive", flush=True)
        while True:
            lease.beat({"state": "training", "runs": 3})
            time.sleep(0.02)


def checkpoint(folder: Path, point: str) -> None:
    """Replace a checkpoint by a later one of the same name."""
    store = Store.open(folder)
    die_at(point, 2)
    for value in (1.0, 2.0):
        write_checkpoint(store.layout, 1, 1, 100, {"w": np.full(1000, value)}, {"step": "100"})
        print(value, flush=True)


def retire(folder: Path) -> None:
    """Apply the retention rule to run 1 and die before the first file is unlinked."""
    store = Store.open(folder)
    die_at("removal: recorded", 1)
    apply_retention(store, [1])


def make(folder: Path) -> None:
    """Open a store when told to."""
    print("ready", flush=True)
    sys.stdin.readline()
    Store.open(folder)


ACTIONS = {
    f.__name__: f for f in (record, ingest_all, hold, claim_all, live, checkpoint, retire, make)
}

if __name__ == "__main__":
    ACTIONS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
