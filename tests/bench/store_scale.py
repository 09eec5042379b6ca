"""Times of the store at the size that it promises: 10 000 runs and 20 million metric rows.

    python -m tests.bench.store_scale [--rows 20000000] [--runs 10000] [--store FOLDER] [--json]

Builds the store once (a minute; kept and used again where ``--store`` is given), then prints the
median of five times for each access that the app and the commands make.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from store.curves import curves
from store.database import Store
from store.query import run
from store.queue import add_sweep, claim
from store.records import runs_with_zones, sweep_progress
from store.spool import Batch, SpoolWriter, ingest

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 5
SEEDS = 11
WIDTHS = (4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 56, 64, 100)
SIZES = (2600, 3000, 4000, 5000)


def config(number: int, steps: int) -> dict[str, object]:
    """Return the configuration of the run of this number in a grid like that of fig6."""
    cell, seed = divmod(number, SEEDS)
    width = WIDTHS[cell % len(WIDTHS)]
    return {
        "device": "auto", "shape": f"w{width}", "task": "add", "modulus": 113,
        "train_size": SIZES[cell // len(WIDTHS) % len(SIZES)], "memorization_size": 0,
        "width": width, "depth": 1, "heads": 4, "feed_forward": "dense", "seed": seed,
        "steps": steps, "batch_size": 0, "learning_rate": 1e-3, "weight_decay": 1.0, "beta1": 0.9,
        "beta2": 0.98, "warmup_steps": 10, "precision": "float32", "loss_precision": "float32",
        "evaluations": 2000, "stop_when_settled": False, "parameters": 12 * width * width,
        "memory_bytes": 1_000_000, "operations_per_step": 1e9, "chance": 1 / 113,
    }  # fmt: skip


def fill(store: Store, runs: int, rows: int) -> None:
    """Add one sweep of finished runs whose curves make up the rows, and one live run."""
    each = rows // runs
    add_sweep(store, "scale", "", [config(number, each * 10) for number in range(runs)])
    add_sweep(store, "live", "", [config(0, each * 10)])
    random = np.random.default_rng(0)
    step = np.arange(each, dtype=np.int32)
    at_once = max(1, 1_000_000 // each)
    for first in range(1, runs + 1, at_once):
        ids = np.arange(first, min(first + at_once, runs + 1), dtype=np.int32)
        noise = random.random((len(ids), each))
        validation = 1 / (1 + np.exp(-(step / each - random.random((len(ids), 1))) * 30))
        columns = {
            "run_id": np.repeat(ids, each),
            "attempt": np.ones(len(ids) * each, dtype=np.int32),
            "step": np.tile(step * 10, len(ids)),
            "seconds": np.tile(step * 0.1, len(ids)),
            "train_loss": noise.ravel(),
            "train_accuracy": np.tile(np.minimum(1.0, step / each * 20), len(ids)),
            "validation_loss": 1 - validation.ravel(),
            "validation_accuracy": validation.ravel(),
            "parameter_norm": (30 + noise).ravel(),
            "gradient_norm": noise.ravel(),
            "saturated_share": noise.ravel(),
        }
        names = ", ".join(columns)
        with store.write() as connection:
            connection.register("chunk", columns)
            connection.execute(f"INSERT INTO metric_log ({names}) SELECT {names} FROM chunk")
    with store.write() as connection:
        connection.execute(
            "INSERT INTO run_event_log (run_id, attempt, state, step) "
            "SELECT run_id, 1, 'finished', steps FROM run_config WHERE sweep_id = 1"
        )


def accesses(store: Store, runs: int) -> dict[str, Callable[[], object]]:
    """Return what is timed, by name."""
    live = runs + 1
    writer = SpoolWriter(store.layout, f"bench-{os.getpid()}")
    numbers = iter(range(10**9))

    def ingest_500() -> None:
        rows = [
            {"run_id": live, "attempt": 1, "step": next(numbers), "seconds": 0.0, "train_loss": 1.0}
            for _ in range(500)
        ]
        writer.write(Batch(metrics=rows))
        ingest(store, 30.0)

    def sql(text: str) -> Callable[[], object]:
        return lambda: run(store, text)

    some = list(range(100, 124))
    return {
        "open, read nothing, close": sql("SELECT 1"),
        "500 rows through the spool": ingest_500,
        "claim that finds nothing to take": lambda: claim(store, "w", "cpu", lambda _: []),
        "one run's curve, 600 points": lambda: curves(store, [runs // 2], ["train_loss"], 600),
        "24 runs, 4 metrics, 600 points": lambda: curves(
            store,
            some,
            ["train_loss", "train_accuracy", "validation_loss", "validation_accuracy"],
            600,
            log_x=True,
        ),
        "one run of the view runs": sql(f"SELECT * FROM runs WHERE run_id = {runs // 2}"),
        "24 runs with milestones and zones": lambda: runs_with_zones(store, some),
        "states of all runs": sql("SELECT * FROM run_states"),
        "progress of the sweep": lambda: sweep_progress(store, 1),
        "the view sweeps": sql("SELECT * FROM sweeps"),
        "all runs, newest 50": sql("SELECT * FROM runs ORDER BY run_id DESC LIMIT 50"),
        "the view runs, all": sql("SELECT * FROM runs"),
        "the view zones, all": sql("SELECT zone, count(*) FROM zones GROUP BY zone"),
        "the view phase_grid": sql("SELECT * FROM phase_grid WHERE sweep_id = 1"),
        "all rows: count and mean": sql("SELECT count(*), avg(train_loss) FROM metrics"),
    }


def main() -> None:
    """Build, time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        store = Store.open(options.store or Path(temporary))
        with store.read() as connection:
            empty = connection.execute("SELECT count(*) = 0 FROM run_config").fetchone() == (True,)
        if empty:
            began = time.perf_counter()
            fill(store, options.runs, options.rows)
            print(f"built in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        times = {name: measured(action) for name, action in accesses(store, options.runs).items()}
        size = store.layout.database.stat().st_size
    machine = f"{platform.machine()}, {os.cpu_count()} cores, DuckDB {duckdb.__version__}"
    if options.json:
        print(json.dumps({"machine": machine, "rows": options.rows, "runs": options.runs,
                          "bytes": size, "milliseconds": times}))  # fmt: skip
        return
    print(f"{options.runs} runs, {options.rows} rows, {size / 1e6:.0f} MB; {machine}")
    for name, milliseconds in times.items():
        print(f"{milliseconds:9.1f} ms  {name}")


def measured(action: Callable[[], object]) -> float:
    """Return the median of the times of an access, in milliseconds."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
