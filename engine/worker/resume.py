"""Where claimed runs go on from: their checkpoints, read and checked."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.planning import config_of
from engine.specification.config import RunConfig
from engine.specification.schedule import evaluation_steps
from engine.training.ensemble import RunState
from store.checkpoints import Checkpoint, read_checkpoint
from store.database import Store
from store.errors import StoreError
from store.queue import ClaimedRun
from store.spool import Batch

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Member:
    """One run of an ensemble, and how far it is."""

    claimed: ClaimedRun
    config: RunConfig
    schedule: list[int]  # steps at which it is evaluated
    reached: set[str] = field(default_factory=set)  # milestones so far
    perfect_since: int | None = None  # step from which both accuracies have been 1
    perfect_evaluations: int = 0

    @property
    def run_id(self) -> int:
        """The run's id in the store."""
        return self.claimed.run_id

    def due(self, step: int) -> int:
        """The first scheduled evaluation at or after ``step``."""
        return next(s for s in self.schedule if s >= step)

    def progress(self) -> dict[str, Any]:
        """What a checkpoint must keep beside the tensors, so that a resumed run decides alike."""
        return {
            "reached": sorted(self.reached),
            "perfect_since": self.perfect_since,
            "perfect_evaluations": self.perfect_evaluations,
        }

    def recall(self, progress: dict[str, Any]) -> None:
        """Take back what :meth:`progress` gave."""
        self.reached = set(progress["reached"])
        self.perfect_since = progress["perfect_since"]
        self.perfect_evaluations = progress["perfect_evaluations"]

    def event(self, state: str, detail: str, step: int | None) -> dict[str, Any]:
        """The row of ``run_event_log`` that says that this run came into ``state``."""
        return {
            "run_id": self.run_id,
            "attempt": self.claimed.attempt,
            "state": state,
            "step": step,
            "detail": detail,
        }


def resume(
    store: Store, claimed: Sequence[ClaimedRun]
) -> tuple[list[Member], list[RunState], Batch]:
    """The members that can go on, their states (none if they start), and rows about the others.

    A run whose checkpoint cannot be read goes back to the queue, without that checkpoint.
    """
    members: list[Member] = []
    states: list[RunState] = []
    others = Batch()
    for run in claimed:
        config = config_of(run.config)
        member = Member(run, config, evaluation_steps(config.steps, config.evaluations))
        if run.resume is not None:
            try:
                states.append(_state(member, run.resume))
            except StoreError as damaged:
                log.error("run %d: %s", run.run_id, damaged)
                others.checkpoints.append(_removal(store, run.resume))
                others.events.append(member.event("queued", str(damaged), None))
                continue
        members.append(member)
    return members, states, others


def _state(member: Member, checkpoint: Checkpoint) -> RunState:
    tensors, metadata = read_checkpoint(checkpoint.path)
    member.recall(json.loads(metadata["progress"]))
    floats = {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()}
    return RunState(checkpoint.step, floats)


def _removal(store: Store, checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "run_id": checkpoint.run_id,
        "attempt": checkpoint.attempt,
        "step": checkpoint.step,
        "path": checkpoint.path.relative_to(store.root).as_posix(),
        "bytes": 0,
        "reason": "removed",
        "seconds": checkpoint.seconds,
    }
