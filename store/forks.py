"""Runs that go on from a checkpoint of another run, their parent.

A fork is queued with a checkpoint of its own, a copy of its parent's: from then on it is resumed
like any run, and does not need its parent any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store.checkpoints import Checkpoint, NewCheckpoint, known_checkpoints, write_checkpoints
from store.database import Store
from store.errors import StoreError
from store.queue import insert_sweep

if TYPE_CHECKING:
    from store.checkpoints import Tensors


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fork starts: its parent's checkpoint, and what the copy of it is to hold."""

    checkpoint: Checkpoint
    tensors: Tensors
    metadata: Mapping[str, str]


def checkpoint_at(store: Store, run_id: int, step: int | None = None) -> Checkpoint:
    """Return the checkpoint of a run at a step; its last one for None.

    Raises:
        StoreError: there is none; the sentence names the steps that there are.
    """
    with store.read() as connection:
        known = [c for c in known_checkpoints(connection, store.root, [run_id]) if c.path.is_file()]
    if not known:
        raise StoreError(f"Run {run_id} has no checkpoint yet; a running one writes one a minute.")
    for checkpoint in known:  # the latest first
        if step is None or checkpoint.step == step:
            return checkpoint
    steps = ", ".join(str(s) for s in sorted({c.step for c in known}))
    raise StoreError(f"Run {run_id} has no checkpoint at step {step}; it has {steps}.")


def add_forks(
    store: Store,
    name: str,
    specification: str,
    runs: Sequence[Mapping[str, Any]],
    origins: Sequence[Origin],
    wait: float = 30.0,
) -> tuple[int, list[int]]:
    """Queue a sweep of forks, each of ``runs`` from its one of ``origins``; ids as add_sweep gives.

    The files are durable before the rows that name them; all rows are one transaction.

    Raises:
        StoreError: as :func:`store.queue.add_sweep`, or a file cannot be written.
    """
    rows = [
        {**run, "parent_run_id": origin.checkpoint.run_id, "parent_step": origin.checkpoint.step}
        for run, origin in zip(runs, origins, strict=True)
    ]
    with store.write(wait) as connection:
        sweep_id, run_ids = insert_sweep(connection, name, specification, rows)
        files = [
            NewCheckpoint(run_id, 0, origin.checkpoint.step, origin.tensors, origin.metadata)
            for run_id, origin in zip(run_ids, origins, strict=True)
        ]
        written = write_checkpoints(store.layout, files)
        columns = ["run_id", "attempt", "step", "path", "bytes", "reason", "seconds"]
        with connection.appender("checkpoint_log", columns=columns) as appender:
            appender.append_rows(
                [
                    (file.run_id, 0, file.step, copy.path, copy.bytes, "fork",
                     origin.checkpoint.seconds)
                    for file, copy, origin in zip(files, written, origins, strict=True)
                ]
            )  # fmt: skip
    return sweep_id, run_ids
