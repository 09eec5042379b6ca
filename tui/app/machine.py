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
        self._sampled_at = float("-inf")

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
            self._cpu(),
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

    def _cpu(self) -> list[float]:
        """The use since the look before, or a sample where that is too long ago."""
        now = time.monotonic()
        fresh = now - self._sampled_at < STALE_SECONDS
        self._sampled_at = now
        shares = psutil.cpu_percent(None if fresh else SAMPLE_SECONDS, percpu=True)
        return [share / 100 for share in shares]


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
