"""Stores for the app's tests: made of rows, as a worker would have written them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from engine.launch import run_row
from engine.specification.config import RunConfig
from store.database import Store
from store.leases import WorkerLease
from store.queue import add_sweep
from store.spool import Batch, SpoolWriter, ingest

_LEASES: list[WorkerLease] = []
WIDTHS, SIZES, SEEDS = (4, 8, 16, 32), (200, 300, 400, 500), (0, 1)


def curve(width: int, train_size: int, seed: int, steps: int) -> list[dict[str, float]]:
    """A made-up learning curve: every zone has its place on the plane of width and size."""
    rows = []
    rises = {200: None, 300: 0.5, 400: 1.0, 500: 1.0}[train_size]
    for step in np.unique(np.round(np.logspace(0, math.log10(steps), 60))):
        train = 1 / (1 + math.exp(-(math.log10(step) - 2.0) * 6))
        validation = 0.01
        if width == 4:
            train = 0.2 + 0.75 / (1 + math.exp(-(math.log10(step) - 2.6) * 6))
            validation = 0.9 * train
        elif rises is not None:
            late = 3.0 - (train_size - 300) / 500 + 0.05 * seed
            validation = rises / (1 + math.exp(-(math.log10(step) - late) * 9)) + 0.005
        rows.append(
            {
                "step": int(step),
                "seconds": step / 100,
                "train_accuracy": min(1.0, train * 1.001),
                "validation_accuracy": min(1.0, validation * 1.002),
                "train_loss": 3.3 * (1 - train) + 1e-4,
                "validation_loss": 3.3 * (1 - validation) + 1e-3,
                "parameter_norm": 20 - 3 * validation + width / 32,
                "gradient_norm": 0.1 + (1 - train),
                "saturated_share": 0.0,
            }
        )
    return rows


def make_store(
    folder: Path, *, running: bool = False, sweep: str = "demo", steps: int = 4000
) -> Store:
    """A store with one sweep of 32 runs on a plane: all finished, or the widest still running.

    The worker that trains those is this process: it lives as long as the tests do.
    """
    store = Store.open(folder)
    configs = [
        RunConfig(modulus=29, width=w, train_size=d, seed=s, steps=steps)
        for w in WIDTHS
        for d in SIZES
        for s in SEEDS
    ]
    queued = [{**run_row(config), "device": "auto"} for config in configs]
    _, run_ids = add_sweep(store, sweep, f'name = "{sweep}"', queued)
    metrics: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for run_id, config in zip(run_ids, configs, strict=True):
        live = running and config.width == max(WIDTHS)
        if live and config.train_size == 500:
            continue  # still queued
        base = {"run_id": run_id, "attempt": 1}
        rows = curve(config.width, config.train_size, config.seed, steps)
        metrics += [{**base, **row} for row in (rows[:45] if live else rows)]
        events.append({**base, "state": "running", "step": 0, "worker_id": "cpu-test"})
        if not live:
            events.append({**base, "state": "finished", "step": steps, "detail": ""})
    SpoolWriter(store.layout, "cpu-test").write(Batch(metrics=metrics, events=events))
    ingest(store, 10.0)
    if running:
        _LEASES.append(WorkerLease(store.layout, "cpu-test", {"device": "cpu"}).__enter__())
    return store
