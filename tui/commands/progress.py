"""How far a sweep is, and that a worker is there to go on with it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tui.commands.output import say

if TYPE_CHECKING:
    from store.database import Store
    from store.leases import LeaseObserver, WorkerInfo

RATE_SECONDS = 15.0  # the span over which the speed is measured
MOST_RESTARTS = 3  # of workers, while nothing gets done

ENDED = frozenset({"finished", "stopped", "diverged", "failed"})


@dataclass(slots=True)
class Progress:
    """How far a sweep is."""

    states: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    done: float = 0.0  # steps that need not be done any more
    total: float = 0.0
    rate: float = 0.0  # steps per second, summed over runs
    ensembles: list[str] = field(default_factory=list)
    held_by: str = ""
    known: bool = False  # whether the database could be read since the watching began

    @property
    def ended(self) -> int:
        """Runs that have ended."""
        return sum(self.states[state] for state in ENDED)

    @property
    def waiting(self) -> bool:
        """Whether nothing goes on, because the rest is paused."""
        return self.known and self.ended + self.states["paused"] == self.runs

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at the present rate."""
        return (self.total - self.done) / self.rate if self.rate > 0 else None


class Watcher:
    """Looks at a sweep, and starts a worker again if the one that trained it is gone."""

    def __init__(self, store: Store, sweep_id: int, device: str) -> None:
        from store.leases import LeaseObserver

        self._store = store
        self._sweep_id = sweep_id
        self._device = device
        self._observer: LeaseObserver = LeaseObserver(store.layout)
        self._runs: list[dict[str, Any]] | None = None
        self._history: list[tuple[float, float]] = []
        self._restarts = 0
        self._workers: list[str] = []
        self._done_at_restart = 0.0
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the watching began."""
        return time.monotonic() - self._began

    def look(self) -> Progress:
        """Return how far the sweep is now.

        Raises:
            StoreError: workers keep dying without getting anything done.
        """
        from store.errors import DatabaseHeld
        from store.records import sweep_progress

        progress = Progress()
        try:
            self._runs = sweep_progress(self._store, self._sweep_id)
        except DatabaseHeld as held:
            progress.held_by = held.holder
        workers = {w.worker_id: w for w in self._observer.workers() if w.alive}
        # Who only reads does not keep us from reading, but keeps the worker's rows waiting.
        told = (str(w.info["held_by"]) for w in workers.values() if w.info.get("held_by"))
        progress.held_by = progress.held_by or next(told, "")
        self._count(progress, workers)
        unattended = progress.states["queued"] + progress.states["running"] > 0 and not workers
        if unattended and not progress.held_by:
            self._restart(progress.done)
        return progress

    def _count(self, progress: Progress, workers: dict[str, WorkerInfo]) -> None:
        if self._runs is None:
            return
        progress.known = True
        progress.states = Counter(run["state"] for run in self._runs)
        progress.runs = len(self._runs)
        for run in self._runs:
            progress.total += run["steps"]
            if run["state"] in ENDED:
                progress.done += run["steps"]
                continue
            worker = workers.get(run["worker_id"])
            live = worker.info.get("step", 0) if worker and run["state"] == "running" else 0
            progress.done += min(run["steps"], max(run["step"], live))
        holders = {run["worker_id"] for run in self._runs if run["state"] == "running"}
        progress.ensembles = [
            str(workers[holder].info.get("ensemble", "")) for holder in holders if holder in workers
        ]
        now = time.monotonic()
        self._history.append((now, progress.done))
        while len(self._history) > 2 and now - self._history[1][0] > RATE_SECONDS:
            self._history.pop(0)
        then, before = self._history[0]
        span = now - then
        progress.rate = max(0.0, progress.done - before) / span if span > 0 else 0.0

    def _restart(self, done: float) -> None:
        from engine.launch import ensure_workers, last_words
        from store.errors import StoreError

        self._restarts = self._restarts + 1 if done <= self._done_at_restart else 1
        self._done_at_restart = done
        if self._restarts > MOST_RESTARTS:
            raise StoreError(
                "Workers keep ending without training anything; the last one: "
                f"{last_words(self._store, self._workers[0])}"
            )
        self._workers = ensure_workers(self._store, self._device)
        say(f"No worker was left; {', '.join(self._workers)} goes on.")
