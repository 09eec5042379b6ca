"""Watching a sweep in the foreground until its runs have ended."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import typer

from tui.commands.output import print_json, say
from tui.plots.numbers import format_count, format_duration

if TYPE_CHECKING:
    from rich.progress import TaskID

    from store.database import Store
    from store.leases import LeaseObserver, WorkerInfo

LOOK_SECONDS = 0.5
LINE_SECONDS = 10.0  # between two lines where no terminal is
RATE_SECONDS = 15.0  # the span over which the speed is measured
MOST_RESTARTS = 3  # of workers, while nothing gets done

ENDED = frozenset({"finished", "stopped", "diverged", "failed"})
INTERRUPTED = 130


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

    @property
    def ended(self) -> int:
        """Runs that have ended."""
        return sum(self.states[state] for state in ENDED)

    @property
    def waiting(self) -> bool:
        """Whether nothing goes on, because the rest is paused."""
        return self.ended + self.states["paused"] == self.runs

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at the present rate."""
        return (self.total - self.done) / self.rate if self.rate > 0 else None


def follow(store: Store, sweep_id: int, device: str, *, as_json: bool) -> int:
    """Show how a sweep goes until it has ended, then its phase grid; the exit code.

    Ctrl-C asks what shall become of the sweep.
    """
    watcher = Watcher(store, sweep_id, device)
    progress = watch(store, sweep_id, watcher)
    if progress is None:
        return INTERRUPTED
    return _conclude(store, sweep_id, progress, watcher.seconds, as_json=as_json)


def watch(store: Store, sweep_id: int, watcher: Watcher) -> Progress | None:
    """Show how a sweep goes until it has ended; None when a person ended the watching."""
    with _display() as display:
        while True:
            try:
                progress = watcher.look()
                display.update(progress)
                if progress.waiting:
                    return progress
                time.sleep(LOOK_SECONDS)
            except KeyboardInterrupt:
                display.hide()
                if _interrupted(store, sweep_id, watcher):
                    return None
                display.show()


class Watcher:
    """Looks at a sweep, and starts a worker again if the one that trained it is gone."""

    def __init__(self, store: Store, sweep_id: int, device: str) -> None:
        from store.leases import LeaseObserver

        self._store = store
        self._sweep_id = sweep_id
        self._device = device
        self._observer: LeaseObserver = LeaseObserver(store.layout)
        self._runs: list[dict[str, Any]] = []
        self._history: list[tuple[float, float]] = []
        self._restarts = 0
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
        self._count(progress, workers)
        unattended = progress.states["queued"] + progress.states["running"] > 0 and not workers
        if unattended and not progress.held_by:
            self._restart(progress.done)
        return progress

    def _count(self, progress: Progress, workers: dict[str, WorkerInfo]) -> None:
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
        from engine.launch import ensure_workers
        from store.errors import StoreError

        self._restarts = self._restarts + 1 if done <= self._done_at_restart else 1
        self._done_at_restart = done
        if self._restarts > MOST_RESTARTS:
            raise StoreError(
                f"Workers keep ending without training anything; their logs are in "
                f"{self._store.layout.logs}."
            )
        workers = ensure_workers(self._store, self._device)
        say(f"No worker was left; {', '.join(workers)} goes on.")


class Display(Protocol):
    """Where progress is shown."""

    def update(self, progress: Progress) -> None:
        """Show ``progress``."""

    def hide(self) -> None:
        """Make room for a question."""

    def show(self) -> None:
        """Come back after it."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Bars:
    """A line with a bar on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._bars = Progress(
            TextColumn("{task.fields[runs]}", markup=False),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TextColumn("{task.fields[ensembles]}", style="dim", markup=False),
            console=Console(stderr=True),
            expand=True,
            transient=True,
        )
        self._task: TaskID = self._bars.add_task("", total=None, runs="", rate="", ensembles="")

    def update(self, progress: Progress) -> None:
        """Show ``progress``."""
        note = "; ".join(progress.ensembles) or "starting"
        if progress.held_by:
            note = f"database held by {progress.held_by}; rows wait in the spool"
        self._bars.update(
            self._task,
            total=progress.total or None,
            completed=progress.done,
            runs=f"{progress.ended}/{progress.runs} runs",
            rate=_speed(progress),
            ensembles=note,
        )

    def hide(self) -> None:
        """Take the bar away, so that a question can be asked."""
        self._bars.stop()

    def show(self) -> None:
        """Bring the bar back."""
        self._bars.start()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()


class Lines:
    """A line now and then, where no terminal is."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def update(self, progress: Progress) -> None:
        """Print ``progress`` if it is time."""
        now = time.monotonic()
        if now - self._last < LINE_SECONDS and not progress.waiting:
            return
        self._last = now
        share = progress.done / progress.total if progress.total else 0.0
        held = f"; database held by {progress.held_by}" if progress.held_by else ""
        say(f"{progress.ended}/{progress.runs} runs, {share:.0%}, {_speed(progress)}{held}")

    def hide(self) -> None:
        """Nothing is on the screen."""

    def show(self) -> None:
        """Nothing is on the screen."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _display() -> Display:
    return Bars() if sys.stderr.isatty() else Lines()


def _speed(progress: Progress) -> str:
    left = format_duration(progress.seconds_left)
    return f"{format_count(progress.rate)} steps/s, {left} left"


def _interrupted(store: Store, sweep_id: int, watcher: Watcher) -> bool:
    """Ctrl-C: ask, where somebody can answer; whether the watching ends.

    Without a terminal to ask on, the sweep is paused, which loses nothing.
    """
    answer = "p"
    if sys.stdin.isatty() and sys.stderr.isatty():
        answer = (
            str(
                typer.prompt(
                    "\nPause the sweep (p), leave it training in the background (l), or go on "
                    "watching (g)?",
                    default="p",
                    err=True,
                )
            )
            .strip()
            .lower()[:1]
        )
    if answer == "g":
        return False
    if answer == "l":
        say(f"Training goes on. `grok-tui show s{sweep_id}` looks at it.")
        return True
    _pause(store, sweep_id, watcher)
    say(f"Paused, with checkpoints. Go on with: grok-tui resume s{sweep_id}")
    return True


def _pause(store: Store, sweep_id: int, watcher: Watcher) -> None:
    from store.queue import request
    from store.records import sweep_progress

    open_runs = [r["run_id"] for r in sweep_progress(store, sweep_id) if r["state"] not in ENDED]
    request(store, open_runs, "pause")
    say("Writing checkpoints …")
    while not watcher.look().waiting:
        time.sleep(LOOK_SECONDS / 5)


def _conclude(
    store: Store, sweep_id: int, progress: Progress, seconds: float, *, as_json: bool
) -> int:
    from store.records import runs_with_zones
    from tui.commands.listing import summarize

    runs = runs_with_zones(store, [r["run_id"] for r in _runs(store, sweep_id)])
    counts = ", ".join(f"{count} {state}" for state, count in progress.states.items())
    say(f"Sweep s{sweep_id}: {counts}, in {format_duration(seconds)}.")
    if as_json:
        print_json({"sweep_id": sweep_id, "seconds": seconds, "runs": runs})
    else:
        summarize(runs)
    if progress.states["failed"]:
        say(f"{progress.states['failed']} runs failed; `grok-tui show RUN` says why.")
        return 1
    if progress.states["paused"]:
        say(f"The rest is paused; go on with: grok-tui resume s{sweep_id}")
    return 0


def _runs(store: Store, sweep_id: int) -> list[dict[str, Any]]:
    from store.records import sweep_progress

    return sweep_progress(store, sweep_id)
