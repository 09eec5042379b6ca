"""How a front end starts work: queue the runs, and see to it that a worker is there.

A worker is a process of its own session, so that it outlives the terminal, the SSH connection and
the app. It is known to be there by its lease (:mod:`store.leases`), never by its process id alone.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.devices import resolve
from engine.specification.config import RunConfig
from engine.specification.estimate import memory_per_run
from engine.specification.sizes import classes, operations_per_step, parameters, shape
from engine.specification.sweep import Sweep
from store.database import Store
from store.errors import StoreError
from store.leases import LeaseObserver, start_lock
from store.queue import add_sweep

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
    configs = sweep.runs()
    places = resolve(device)
    wanted = "auto" if device == "auto" else places[0]
    rows = [{**run_row(config), "device": wanted} for config in configs]
    sweep_id, run_ids = add_sweep(store, sweep.name, sweep.to_toml(), rows)
    return Submitted(sweep_id, run_ids)


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


def ensure_workers(store: Store, device: str = "auto") -> list[str]:
    """Start a worker for each device that ``device`` names and that has none; all their ids.

    Raises:
        SpecificationError: this machine has no such device.
        StoreError: a worker could not start; the sentence names its log.
    """
    places = resolve(device)
    with start_lock(store.layout):
        there = {w.device: w.worker_id for w in LeaseObserver(store.layout).workers() if w.alive}
        started = {place: _start(store, place) for place in places if place not in there}
        for worker_id, process in started.values():
            _await_lease(store, worker_id, process)
    return [there[p] if p in there else started[p][0] for p in places]


def worker_command(store: Store, device: str, worker_id: str) -> list[str]:
    """The command line of a worker process."""
    return [
        sys.executable, "-m", "engine.worker",
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
            raise StoreError(f"The worker {worker_id} did not start; its log is {log}.")
        if time.monotonic() > deadline:
            process.kill()
            raise StoreError(
                f"The worker {worker_id} did not start in {START_SECONDS:g} s; its log is {log}."
            )
        time.sleep(0.02)


def _has_lease(store: Store, worker_id: str) -> bool:
    workers: Sequence[object] = [
        w for w in LeaseObserver(store.layout).workers() if w.worker_id == worker_id and w.alive
    ]
    return bool(workers)
