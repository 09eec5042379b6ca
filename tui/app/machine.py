"""What the machine and the store are doing, for the System view. Blocks; called in threads."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from store.database import Store
from store.errors import DatabaseHeld
from store.layout import StoreLayout
from store.leases import WorkerInfo, shown_state
from tui.app.gpus import Gpu, gpus
from tui.app.library import Library

SAMPLE_SECONDS = 0.2  # of the processor's use, where the look before is too long ago
STALE_SECONDS = 10.0
LEAST_SECONDS = 0.1  # between two looks, or the answer is that of the look before


@dataclass(frozen=True, slots=True)
class Report:
    """A snapshot."""

    cpu: Sequence[float]
    """The use of each core, 0 … 1."""
    memory_used: int
    memory_total: int
    gpus: Sequence[Gpu]
    no_gpus: str
    """Why there are none; empty where there are."""
    workers: Sequence[WorkerInfo]
    states: Mapping[str, int]
    sizes: Mapping[str, int]
    batches: int
    holder: str
    root: Path


class Machine:
    """Looks at everything, again and again."""

    def __init__(self, store: Store, library: Library) -> None:
        self._store, self._library = store, library
        self._processor = Processor()

    def look(self) -> Report:
        """Look at everything once."""
        memory = psutil.virtual_memory()
        layout = self._store.layout
        workers = self._library.observer.workers()
        holder, states = "", Counter[str]()
        try:
            rows = self._library.rows("states")
        except DatabaseHeld as error:
            rows, holder = [], error.holder
        alive = {worker.worker_id for worker in workers if worker.alive}
        alive |= self._library.observer.alive()
        for row in rows:
            states[shown_state(row["state"], row["worker_id"], alive)] += int(row["runs"])
        seen, no_gpus = gpus()
        return Report(
            self._processor.use(),
            memory.total - memory.available,
            memory.total,
            seen,
            no_gpus,
            workers,
            states,
            _sizes(layout),
            sum(
                1
                for path in layout.spool.iterdir()
                if path.is_file() and not path.name.startswith(".")
            ),
            holder,
            self._store.root,
        )


class Processor:
    """The use of each core since the look before.

    psutil.cpu_percent remembers the look before for each thread, and these come from several.
    """

    def __init__(self) -> None:
        self._looked_at = float("-inf")
        self._times: list[tuple[float, float]] = []
        self._shares: list[float] = []

    def use(self) -> list[float]:
        """0 … 1 for each core; over a sample, where the look before is too long ago."""
        now = time.monotonic()
        if now - self._looked_at > STALE_SECONDS:
            self._times = _core_times()
            time.sleep(SAMPLE_SECONDS)
        self._looked_at = now
        times = _core_times()
        spans = [
            (busy - busy_before, idle - idle_before)
            for (busy, idle), (busy_before, idle_before) in zip(times, self._times, strict=False)
        ]
        if all(busy + idle >= LEAST_SECONDS for busy, idle in spans):
            self._shares = [max(0.0, busy) / (busy + idle) for busy, idle in spans]
            self._times = times
        return self._shares


def _core_times() -> list[tuple[float, float]]:
    """Seconds that each core has been busy and idle. A guest's time is counted as its host's."""
    return [
        (
            sum(t) - t.idle - getattr(t, "iowait", 0.0)
            - getattr(t, "guest", 0.0) - getattr(t, "guest_nice", 0.0),
            t.idle + getattr(t, "iowait", 0.0),
        )
        for t in psutil.cpu_times(percpu=True)
    ]  # fmt: skip


def _sizes(layout: StoreLayout) -> dict[str, int]:
    return {
        "database": layout.database.stat().st_size if layout.database.exists() else 0,
        "spool": _folder_size(layout.spool),
        "checkpoints": _folder_size(layout.checkpoints),
        "logs": _folder_size(layout.logs),
    }


def _folder_size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # ingested or removed while we looked
            continue
    return total
