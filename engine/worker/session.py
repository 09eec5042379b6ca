"""The training of one ensemble: steps, evaluations, milestones, checkpoints, departures."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

from engine.training.ensemble import Ensemble, RunState
from engine.training.evaluation import Evaluation
from engine.worker.recorder import Recorder
from engine.worker.resume import Member
from store.checkpoints import NewCheckpoint, write_checkpoints
from store.database import Store
from store.spool import Batch

SLICE_SECONDS = 0.25  # how long a stop may have to wait
SETTLED_SHARE = 0.1  # of the steps so far: how long validation must have stayed perfect
SETTLED_EVALUATIONS = 10

log = logging.getLogger(__name__)


class Session:
    """Trains members together until each has ended, was stopped, or the worker leaves.

    Args:
        store: where checkpoints go.
        recorder: where rows go, and where requests come from.
        members: at least one, all at one step.
        states: where they stand; none: at their initial weights.
        device: as PyTorch names it.
        thresholds: of accuracies, by the names in the table ``threshold``.
        checkpoint_seconds: training time between two checkpoints of everything.
    """

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        members: Sequence[Member],
        states: Sequence[RunState],
        device: str,
        thresholds: Mapping[str, float],
        checkpoint_seconds: float,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._members = list(members)
        self._thresholds = thresholds
        self._checkpoint_seconds = checkpoint_seconds
        configs = [member.config for member in members]
        self._ensemble = Ensemble(configs, device, states or None)
        self._started = time.monotonic()
        self._checkpointed = self._started
        self._slice = 1
        self._steps_per_second = 0.0
        recorder.hold({m.run_id: m.claimed.attempt for m in self._members})
        self._say()

    def train(self, leaving: Event) -> None:
        """Train until no run is left, or until ``leaving`` is set: then checkpoint and let go."""
        if self._ensemble.step == 0:
            self._evaluate(range(len(self._members)))
        else:  # a worker may die between a run's last checkpoint and the row that ends the run
            self._evaluate([i for i, m in enumerate(self._members) if m.config.steps <= self.step])
        while self._members:
            if self._recorder.error is not None:
                raise self._recorder.error
            if leaving.is_set():
                self._depart(self._members, "queued", "the worker left", "leave")
                return
            self._obey()
            if self._members:
                self._advance()

    @property
    def members(self) -> list[Member]:
        """The runs that have not left yet."""
        return list(self._members)

    @property
    def step(self) -> int:
        """Where they stand."""
        return self._ensemble.step

    def _advance(self) -> None:
        step = self._ensemble.step
        due = min(member.due(step + 1) for member in self._members)
        until = min(due, step + self._slice)
        began = time.monotonic()
        self._ensemble.train(until)
        took = max(time.monotonic() - began, 1e-6)
        rate = (until - step) / took
        self._slice = max(1, min(self._slice * 2, int(rate * SLICE_SECONDS)))
        self._steps_per_second = rate * len(self._members)
        if until == due:
            self._evaluate([i for i, m in enumerate(self._members) if m.due(until) == until])
        if time.monotonic() - self._checkpointed > self._checkpoint_seconds and self._members:
            rows = self._checkpoint(self._members, "interval")
            self._recorder.add(Batch(checkpoints=rows))
            self._checkpointed = time.monotonic()
            self._recorder.retire([member.run_id for member in self._members])
        self._say()

    def _evaluate(self, due: Sequence[int]) -> None:
        """Measure the members ``due``, and let those leave whose training is over."""
        if not due:
            return
        step = self._ensemble.step
        evaluations = self._ensemble.evaluate(due)
        diverged: list[Member] = []
        finished: list[Member] = []
        settled: list[Member] = []
        passed: dict[str, list[Member]] = {}
        batch = Batch()
        for index, evaluation in zip(due, evaluations, strict=True):
            member = self._members[index]
            batch.metrics.append(self._metrics(member, evaluation))
            for milestone in self._milestones(member, evaluation):
                member.reached.add(milestone)
                passed.setdefault(milestone, []).append(member)
            self._note_perfection(member, evaluation)
            if not math.isfinite(evaluation.train_loss + evaluation.parameter_norm):
                diverged.append(member)
            elif step == member.config.steps:
                finished.append(member)
            elif member.config.stop_when_settled and self._is_settled(member):
                settled.append(member)
        self._recorder.add(batch)
        for milestone, members in passed.items():
            self._recorder.add(Batch(checkpoints=self._checkpoint(members, milestone)))
        detail = f"the loss or the parameters are not finite at step {step}"
        self._depart(diverged, "diverged", detail, None)
        self._depart(finished, "finished", "", "end")
        self._depart(settled, "finished", "settled", "end")

    def _milestones(self, member: Member, evaluation: Evaluation) -> list[str]:
        chance = float(member.claimed.config["chance"])
        validation = evaluation.validation_accuracy or 0.0
        met = {
            "memorized": evaluation.train_accuracy >= self._thresholds["memorized"],
            "rose": validation >= chance + self._thresholds["rose"],
            "generalized": validation >= self._thresholds["generalized"],
        }
        return [name for name, is_met in met.items() if is_met and name not in member.reached]

    def _note_perfection(self, member: Member, evaluation: Evaluation) -> None:
        if evaluation.train_accuracy == 1.0 and evaluation.validation_accuracy == 1.0:
            if member.perfect_since is None:
                member.perfect_since = self._ensemble.step
            member.perfect_evaluations += 1
        else:
            member.perfect_since, member.perfect_evaluations = None, 0

    def _is_settled(self, member: Member) -> bool:
        if member.perfect_since is None or member.perfect_evaluations < SETTLED_EVALUATIONS:
            return False
        step = self._ensemble.step
        return step - member.perfect_since >= SETTLED_SHARE * step

    def _obey(self) -> None:
        lost = self._recorder.lost()
        wanted = self._recorder.requested()
        if not lost and not wanted:
            return
        self._release([m for m in self._members if m.run_id in lost])
        for request, state in (("stop", "stopped"), ("pause", "paused")):
            members = [m for m in self._members if wanted.get(m.run_id) == request]
            self._depart(members, state, "as requested", "requested")

    def _depart(
        self, members: Sequence[Member], state: str, detail: str, checkpoint: str | None
    ) -> None:
        """Let runs leave: their last checkpoint and the event, then the ensemble is compacted."""
        if not members:
            return
        step = self._ensemble.step
        rows = self._checkpoint(members, checkpoint) if checkpoint is not None else []
        events = [member.event(state, detail, step) for member in members]
        self._recorder.add(Batch(checkpoints=rows, events=events))
        for member in members:
            log.info("run %d %s at step %d", member.run_id, state, step)
        self._release(members)

    def _release(self, members: Sequence[Member]) -> None:
        if not members:
            return
        gone = {member.run_id for member in members}
        kept = [i for i, member in enumerate(self._members) if member.run_id not in gone]
        self._members = [self._members[i] for i in kept]
        if kept:
            self._ensemble.keep(kept)
        self._recorder.hold({m.run_id: m.claimed.attempt for m in self._members})

    def _checkpoint(self, members: Sequence[Member], reason: str) -> list[dict[str, Any]]:
        """Write the files of some members; return their rows, which are still to be recorded."""
        index = {member.run_id: i for i, member in enumerate(self._members)}
        states = self._ensemble.states([index[member.run_id] for member in members])
        files = [
            NewCheckpoint(
                run_id=member.run_id,
                attempt=member.claimed.attempt,
                step=state.step,
                tensors=state.tensors,
                metadata={
                    "step": str(state.step),
                    "config": json.dumps(dataclasses.asdict(member.config)),
                    "progress": json.dumps(member.progress()),
                },
            )
            for member, state in zip(members, states, strict=True)
        ]
        return [
            {
                "run_id": file.run_id,
                "attempt": file.attempt,
                "step": file.step,
                "path": written.path,
                "bytes": written.bytes,
                "reason": reason,
                "seconds": self._seconds(member),
            }
            for member, file, written in zip(
                members, files, write_checkpoints(self._store.layout, files), strict=True
            )
        ]

    def _metrics(self, member: Member, evaluation: Evaluation) -> dict[str, Any]:
        return {
            "run_id": member.run_id,
            "attempt": member.claimed.attempt,
            "step": self._ensemble.step,
            "seconds": self._seconds(member),
            **dataclasses.asdict(evaluation),
        }

    def _seconds(self, member: Member) -> float:
        """Training time of a run so far, over all its attempts."""
        return member.claimed.seconds + time.monotonic() - self._started

    def _say(self) -> None:
        if not self._members:
            return
        config = self._members[0].config
        self._recorder.say(
            state="training",
            runs=len(self._members),
            steps_per_second=self._steps_per_second,
            ensemble=f"width {config.width}, depth {config.depth} × {len(self._members)} runs",
            step=self._ensemble.step,
            steps=max(member.config.steps for member in self._members),
        )
