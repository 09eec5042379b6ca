"""Watching a sweep in the foreground until its runs have ended."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import typer

from tui.commands.display import display
from tui.commands.output import print_json, say
from tui.commands.progress import ENDED, Progress, Watcher
from tui.plots.numbers import format_duration

if TYPE_CHECKING:
    from store.database import Store

LOOK_SECONDS = 0.5
INTERRUPTED = 130


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
    with display() as screen:
        while True:
            try:
                progress = watcher.look()
                screen.update(progress)
                if progress.waiting:
                    return progress
                time.sleep(LOOK_SECONDS)
            except KeyboardInterrupt:
                screen.hide()
                if _interrupted(store, sweep_id, watcher):
                    return None
                screen.show()


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
    from store.records import runs_with_zones, sweep_progress
    from tui.commands.listing import summarize

    runs = runs_with_zones(store, [r["run_id"] for r in sweep_progress(store, sweep_id)])
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
