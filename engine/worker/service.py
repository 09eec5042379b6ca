"""The life of a worker: claim an ensemble, train it, claim the next, leave when none is left."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from engine.planning import choose
from engine.worker.limits import free_threads, memory_budget
from engine.worker.recorder import Recorder
from engine.worker.resume import Member, resume
from engine.worker.session import Session
from store.database import Store
from store.errors import DatabaseHeld, StoreError
from store.leases import LeaseObserver, WorkerLease, start_lock
from store.queue import Candidate, ClaimedRun, claim, release_lapsed
from store.records import thresholds
from store.spool import Batch

CLAIM_WAIT_SECONDS = 1.0
CLAIM_PAUSE_SECONDS = 0.5  # in which the recorder has its turn
MOST_FAILURES = 3  # of ensembles in a row: a broken machine must not use up a whole sweep

log = logging.getLogger(__name__)


class Worker:
    """Trains what is in the queue of one store on one device."""

    def __init__(
        self,
        store: Store,
        lease: WorkerLease,
        device: str,
        *,
        threads: int | None,
        memory_bytes: int | None,
        checkpoint_seconds: float,
    ) -> None:
        self._store = store
        self._lease = lease
        self._device = device
        self._threads = threads
        self._memory_bytes = memory_bytes
        self._checkpoint_seconds = checkpoint_seconds
        self._observer = LeaseObserver(store.layout)
        self._recorder = Recorder(store, lease, device)
        self._failures = 0
        self._most: dict[str, int] = {}  # runs of a shape that fit, where memory ran out before
        self._thresholds: dict[str, float] = {}
        self.leaving = threading.Event()
        """Set it to have the worker checkpoint and leave."""

    def work(self) -> bool:
        """Work until the queue is empty or ``leaving`` is set; False after too many failures."""
        self._recorder.start()
        try:
            while not self.leaving.is_set() and self._failures < MOST_FAILURES:
                claimed = self._claim()
                if claimed:
                    self._train(claimed)
                elif self._leave_if_idle():
                    break
        finally:
            failed = self._failures >= MOST_FAILURES
            self._recorder.say(state="failed" if failed else "left", runs=0)
            self._recorder.close()
        if self._recorder.error is not None:
            raise self._recorder.error
        return not failed

    def _claim(self) -> list[ClaimedRun]:
        budget = memory_budget(self._device, self._memory_bytes)
        while not self.leaving.is_set():
            self._recorder.flush()
            try:
                self._thresholds = thresholds(self._store, wait=CLAIM_WAIT_SECONDS)
                released = release_lapsed(self._store, self._observer, wait=CLAIM_WAIT_SECONDS)
                if released:
                    log.info("%d runs of a worker that is gone are queued again", len(released))
                return claim(
                    self._store,
                    self._lease.worker_id,
                    self._device,
                    lambda candidates: self._choose(candidates, budget),
                    wait=CLAIM_WAIT_SECONDS,
                )
            except DatabaseHeld:  # the recorder says by whom
                self.leaving.wait(CLAIM_PAUSE_SECONDS)
            if self._recorder.error is not None:
                raise self._recorder.error
        return []

    def _choose(self, candidates: Sequence[Candidate], budget: int) -> list[int]:
        chosen = choose(candidates, self._device, budget)
        return chosen[: self._most.get(candidates[0].shape)] if chosen else []

    def _leave_if_idle(self) -> bool:
        """Give up the lease if the queue is empty, so that no front end counts on this worker.

        A front end that queues runs looks for workers under the same lock, afterwards: either this
        look finds its runs, or its look finds no worker and starts one.
        """
        with start_lock(self._store.layout):
            claimed = self._claim()
            if not claimed:
                self._recorder.say(state="left", runs=0)
                self._recorder.close()
                self._lease.release()
                return True
        self._train(claimed)
        return False

    def _train(self, claimed: list[ClaimedRun]) -> None:
        import torch

        if self._device == "cpu":
            torch.set_num_threads(free_threads(self._threads))
        log.info("%d runs of shape %s", len(claimed), claimed[0].config["shape"])
        members, states, others = resume(self._store, claimed)
        self._recorder.add(others)
        if not members:
            return
        session = None
        try:
            session = Session(
                self._store,
                self._recorder,
                members,
                states,
                self._device,
                self._thresholds,
                self._checkpoint_seconds,
            )
            session.train(self.leaving)
            self._failures = 0
        except StoreError:  # a full disk, a folder that is gone: no run is to blame
            raise
        except torch.OutOfMemoryError:
            self._halve(*_left(session, members))
        except Exception as error:
            self._failures += 1
            log.exception("an ensemble failed")
            detail = f"{type(error).__name__}: {error}; see logs/{self._lease.worker_id}.log"
            self._end(*_left(session, members), "failed", detail)

    def _halve(self, members: list[Member], step: int | None) -> None:
        """The memory of the device has run out: go on from the last checkpoints, half at a time.

        All runs go back to the queue, so that what they recorded since belongs to an attempt that
        ended. One run that does not fit alone has failed.
        """
        shape = members[0].claimed.config["shape"]
        if len(members) == 1:
            detail = f"{self._device} has not enough free memory for one run of shape {shape}"
            log.error("run %d: %s", members[0].run_id, detail)
            self._end(members, step, "failed", detail)
            return
        most = self._most[shape] = len(members) // 2
        detail = (
            f"{self._device} has not enough free memory for {len(members)} runs of shape {shape} "
            f"together; they go on {most} at a time"
        )
        log.warning("%s", detail)
        self._end(members, step, "queued", detail)

    def _end(self, members: list[Member], step: int | None, state: str, detail: str) -> None:
        self._recorder.add(Batch(events=[m.event(state, detail, step) for m in members]))
        self._recorder.hold({})


def _left(session: Session | None, members: list[Member]) -> tuple[list[Member], int | None]:
    """The members that have not left, and their step; all of them where no session came to be."""
    return (session.members, session.step) if session else (members, None)
