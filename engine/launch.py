"""How a front end starts work: queue the runs, and see to it that a worker is there.

A worker is a process of its own session, so that it outlives the terminal, the SSH connection and
the app. It is known to be there by its lease (:mod:`store.leases`), never by its process id alone.
"""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.devices import place, resolve
from engine.planning import config_of
from engine.specification.config import FIELDS, RunConfig
from engine.specification.errors import SpecificationError
from engine.specification.estimate import memory_per_run
from engine.specification.sizes import classes, operations_per_step, parameters, shape
from engine.specification.sweep import Sweep
from store.checkpoints import Checkpoint, read_checkpoint
from store.database import Store
from store.errors import StoreError
from store.forks import Origin, add_forks
from store.leases import LeaseObserver, start_lock
from store.names import sql
from store.queue import add_sweep

FORKED = (
    "train_size",
    "learning_rate",
    "weight_decay",
    "steps",
    "evaluations",
    "stop_when_settled",
)
"""The fields in which a fork may differ from its parent: they leave model and data split alone."""

NO_SPACE_BYTES = 2**20
START_SECONDS = 60.0  # a machine under load needs some of them to start Python


@dataclass(frozen=True, slots=True)
class Submitted:
    """A sweep that is in the queue."""

    sweep_id: int
    run_ids: list[int]


def submit(store: Store, sweep: Sweep, device: str = "auto") -> Submitted:
    """Write a sweep and its runs into the queue, in one transaction.

    Raises:
        SpecificationError: the sweep or the device is not possible; nothing was written.
        StoreError: the store cannot take it; nothing was written.
    """
    configs, wanted = sweep.runs(), place(device)
    rows = [{**run_row(config), "device": wanted} for config in configs]
    sweep_id, run_ids = add_sweep(store, sweep.name, sweep.to_toml(), rows)
    return Submitted(sweep_id, run_ids)


def fork(
    store: Store,
    sweep: Sweep,
    parents: Sequence[tuple[RunConfig, Checkpoint]],
    device: str = "auto",
) -> Submitted:
    """Queue a sweep whose runs go on from checkpoints: one parent for each of its runs.

    A fork keeps its parent's weights, optimizer moments and step. Where its configuration is its
    parent's, it continues as the parent does; otherwise milestones are counted anew.

    Raises:
        SpecificationError: a run differs from its parent in more than :data:`FORKED`, or its
            budget ends before the checkpoint; nothing was written.
        StoreError: a checkpoint cannot be read, or the store cannot take it.
    """
    wanted = place(device)
    rows, origins = [], []
    for config, (parent, checkpoint) in zip(sweep.runs(), parents, strict=True):
        _check_fork(config, parent, checkpoint)
        tensors, metadata = read_checkpoint(checkpoint.path)
        if config != parent:
            fresh: dict[str, Any] = {"reached": [], "perfect_since": None, "perfect_evaluations": 0}
            metadata |= {
                "config": json.dumps(dataclasses.asdict(config)),
                "progress": json.dumps(fresh),
            }
        rows.append({**run_row(config), "device": wanted})
        origins.append(Origin(checkpoint, tensors, metadata))
    return Submitted(*add_forks(store, sweep.name, sweep.to_toml(), rows, origins))


def _check_fork(config: RunConfig, parent: RunConfig, checkpoint: Checkpoint) -> None:
    for name in FIELDS:
        if name not in FORKED and getattr(config, name) != getattr(parent, name):
            raise SpecificationError(
                f"A fork keeps the {name} of its parent ({getattr(parent, name)}); "
                f"it may change {', '.join(FORKED)}."
            )
    if config.steps <= checkpoint.step:
        raise SpecificationError(
            f"The fork starts at step {checkpoint.step}, and its budget is {config.steps} steps; "
            f"give it more, such as steps={checkpoint.step + parent.steps}."
        )


def config_of_run(store: Store, run_id: int) -> RunConfig:
    """The configuration of a run in the store.

    Raises:
        StoreError: there is no such run.
    """
    with store.read() as connection:
        result = connection.execute(sql("configs_of"), {"run_ids": [run_id]})
        names = [column[0] for column in result.description or ()]
        row = result.fetchone()
    if row is None:
        raise StoreError(f"There is no run {run_id}.")
    return config_of(dict(zip(names, row, strict=True)))


def run_row(config: RunConfig) -> dict[str, object]:
    """The columns of ``run_config`` that follow from a configuration."""
    return {
        **dataclasses.asdict(config),
        "shape": shape(config),
        "parameters": parameters(config),
        "memory_bytes": memory_per_run(config),
        "operations_per_step": operations_per_step(config),
        "chance": 1.0 / classes(config),
    }


def ensure_workers(
    store: Store, device: str = "auto", observer: LeaseObserver | None = None
) -> list[str]:
    """Start a worker for each device that ``device`` names and that has none; all their ids.

    An ``observer`` that has watched for a while does not count on a worker that hangs.

    Raises:
        SpecificationError: this machine has no such device.
        StoreError: a worker could not start; the sentence names its log.
    """
    places = resolve(device)
    with start_lock(store.layout):
        workers = (observer or LeaseObserver(store.layout)).workers()
        there = {worker.device: worker.worker_id for worker in workers if worker.alive}
        started = {place: _start(store, place) for place in places if place not in there}
        for worker_id, process in started.values():
            _await_lease(store, worker_id, process)
    return [there[p] if p in there else started[p][0] for p in places]


def last_words(store: Store, worker_id: str) -> str:
    """Why a worker that is gone went, as far as can be known, and where its log is."""
    if shutil.disk_usage(store.root).free < NO_SPACE_BYTES:  # it could not even write its log
        return f"the disk that holds {store.root} is full; free some space."
    log = store.layout.logs / f"{worker_id}.log"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    said = next((line.partition(" ERROR ")[2] for line in reversed(lines) if " ERROR " in line), "")
    return f"{said or 'it said nothing'} (its log is {log})"


def worker_command(store: Store, device: str, worker_id: str) -> list[str]:
    """The command line of a worker process."""
    return [
        # -P: a folder "store" where the user happens to be is not our package
        sys.executable, "-P", "-m", "engine.worker",
        "--store", str(store.root.absolute()), "--device", device, "--id", worker_id,
    ]  # fmt: skip


def new_worker_id(device: str) -> str:
    """A name for a worker that no other has: the device and four random hex digits."""
    return f"{device.replace(':', '')}-{secrets.token_hex(2)}"


def worker_environment() -> dict[str, str]:
    """The environment of a worker: this package can be imported, idle threads do not spin."""
    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }


def _start(store: Store, device: str) -> tuple[str, subprocess.Popen[bytes]]:
    worker_id = new_worker_id(device)
    log = store.layout.logs / f"{worker_id}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            worker_command(store, device, worker_id),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=worker_environment(),
            cwd=store.root,
            start_new_session=True,
        )
    return worker_id, process


def _await_lease(store: Store, worker_id: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the worker has its lease; it takes it before it imports torch."""
    log = store.layout.logs / f"{worker_id}.log"
    deadline = time.monotonic() + START_SECONDS
    while not _has_lease(store, worker_id):
        if process.poll() is not None:
            if process.returncode == 0:
                return  # it found the queue empty and left again
            raise StoreError(
                f"The worker {worker_id} did not start: {last_words(store, worker_id)}"
            )
        if time.monotonic() > deadline:
            process.kill()
            raise StoreError(
                f"The worker {worker_id} did not start in {START_SECONDS:g} s; its log is {log}."
            )
        time.sleep(0.02)


def _has_lease(store: Store, worker_id: str) -> bool:
    return worker_id in LeaseObserver(store.layout).alive()
