"""The life signs of workers, without any wall clock.

A worker holds ``workers/<id>.lock`` locked as long as it lives, and writes ``workers/<id>.json``
again about once a second with a number that only grows. Whoever looks remembers, on a monotonic
clock of its own, when it last saw that number change. So a clock that jumps lets no lease lapse,
and a worker that is stopped or hangs loses its runs although its process is still there.
"""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, unquote

from store.errors import from_os_error
from store.filelock import is_held, locked

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from store.layout import StoreLayout

LAPSE_SECONDS = 30.0
"""How long a worker may give no sign of life before its runs are given to another."""


def _path(layout: StoreLayout, worker_id: str, suffix: str) -> Path:
    return layout.workers / (quote(worker_id, safe=":@") + suffix)


def start_lock(layout: StoreLayout, wait: float = 30.0) -> AbstractContextManager[None]:
    """Hold what serialises "is a worker there? else start one" and a worker's leaving.

    Raises StoreError when another program holds it for longer than ``wait`` seconds.
    """
    return locked(layout.workers / ".start", wait, "Another program is starting a worker")


class WorkerLease:
    """A worker's sign of life, for the ``with`` block that is its life.

    ``info`` and what is given to :meth:`beat` say what the worker does; the names that
    :class:`WorkerInfo` shows by themselves are device, state, runs and steps_per_second.
    """

    def __init__(
        self, layout: StoreLayout, worker_id: str, info: Mapping[str, Any] | None = None
    ) -> None:
        self.worker_id = worker_id
        self._sign = _path(layout, worker_id, ".json")
        self._lock_path = _path(layout, worker_id, ".lock")
        self._lock = locked(self._lock_path, 5.0, f"Another worker has the name {worker_id}")
        self._info: dict[str, Any] = dict(info or {})
        self._number = 0
        self._released = False
        self._beaten = time.monotonic()

    def __enter__(self) -> Self:
        self._lock.__enter__()
        self.beat({})
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Give the lease up before the block ends; nobody counts on this worker any more."""
        if self._released:
            return
        self._released = True
        self._sign.unlink(missing_ok=True)
        self._lock_path.unlink(missing_ok=True)
        self._lock.__exit__(None, None, None)

    def beat(self, info: Mapping[str, Any]) -> None:
        """Show that the worker lives; ``info`` is added to what it said before.

        Costs one small file without fsync. Does nothing after :meth:`release`. Raises StoreError
        when the file cannot be written.
        """
        if self._released:
            return
        self._info |= info
        self._number += 1
        sign = {
            "worker_id": self.worker_id,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "number": self._number,
            "info": self._info,
        }
        unfinished = self._sign.with_suffix(".unfinished")
        try:
            unfinished.write_text(json.dumps(sign), encoding="utf-8")
            unfinished.replace(self._sign)
        except OSError as error:
            raise from_os_error(error, self._sign) from error
        self._beaten = time.monotonic()

    @property
    def seconds_since_beat(self) -> float:
        """Return the seconds since the last beat, on this process's monotonic clock."""
        return time.monotonic() - self._beaten


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker as its last life sign shows it."""

    worker_id: str
    host: str
    pid: int
    device: str
    state: str
    runs: int
    steps_per_second: float | None
    info: dict[str, Any]
    """All that the worker told."""
    alive: bool
    """Whether its lease is in force."""
    silent_seconds: float = 0.0
    """Since its last life sign, by the wall clock: for people to read, no lease hangs on it."""


@dataclass(slots=True)
class _Seen:
    number: int
    since: float


class LeaseObserver:
    """Watches the life signs of all workers of a store.

    A worker on this host lives while it holds its lock *and* its number grew within
    ``lapse_seconds`` of this observer's watching; on another host, where a lock may not be seen,
    the number alone counts. So a killed worker is known at once, a hung one after the lapse.
    """

    def __init__(self, layout: StoreLayout, lapse_seconds: float = LAPSE_SECONDS) -> None:
        self._layout = layout
        self._lapse = lapse_seconds
        self._seen: dict[str, _Seen] = {}

    def workers(self) -> list[WorkerInfo]:
        """Return every worker that left a life sign, living or dead, by name."""
        found = []
        for path in sorted(self._layout.workers.glob("*.json")):
            try:
                sign = json.loads(path.read_text(encoding="utf-8"))
                written_at = path.stat().st_mtime
            except (OSError, ValueError):
                continue  # it left while we looked, or a power cut emptied the file
            found.append(self._judged(sign, written_at))
        return found

    def alive(self) -> set[str]:
        """Return the names of the living workers."""
        return {worker.worker_id for worker in self.workers() if worker.alive}

    def forget(self, worker_id: str) -> None:
        """Remove what a dead worker left: its life sign, its lock, its unfinished batch."""
        for suffix in (".json", ".lock", ".unfinished"):
            _path(self._layout, worker_id, suffix).unlink(missing_ok=True)
        for path in self._layout.spool.glob(".*.unfinished"):
            if path.name.startswith(f".{quote(worker_id, safe=':@')}~"):
                path.unlink(missing_ok=True)
        self._seen.pop(worker_id, None)

    def dead(self) -> list[str]:
        """Return the names of workers that are dead but left files."""
        names = {
            unquote(path.stem)
            for suffix in ("*.json", "*.lock", "*.unfinished")
            for path in self._layout.workers.glob(suffix)
        }
        return sorted(
            name
            for name in names - self.alive()
            # a worker that just starts holds its lock before it writes its first sign
            if not is_held(_path(self._layout, name, ".lock"))
        )

    def _judged(self, sign: Mapping[str, Any], written_at: float) -> WorkerInfo:
        now = time.monotonic()
        worker_id, number, info = sign["worker_id"], sign["number"], sign["info"]
        seen = self._seen.get(worker_id)
        if seen is None or seen.number != number:
            seen = self._seen[worker_id] = _Seen(number, now)
        alive = now - seen.since <= self._lapse
        if sign["host"] == socket.gethostname():
            alive = alive and is_held(_path(self._layout, worker_id, ".lock"))
        return WorkerInfo(
            worker_id=worker_id,
            host=sign["host"],
            pid=sign["pid"],
            device=str(info.get("device", "")),
            state=str(info.get("state", "started")),
            runs=int(info.get("runs", 0)),
            steps_per_second=info.get("steps_per_second"),
            info=info,
            alive=alive,
            silent_seconds=max(0.0, time.time() - written_at),
        )


def shown_state(state: str, worker_id: str | None, alive: Collection[str]) -> str:
    """Return the state of a run as evidence has it: one that trains nowhere any more is dead.

    ``alive`` are the workers that lived before or after the state was read: between two looks
    workers come and go in good order.
    """
    return "dead" if state == "running" and worker_id not in alive else state
