"""The worker's second thread: life sign, rows to spool and database, requests back.

Training never waits for the database. What the training thread records is on disk, in the spool,
within a second, and in the database soon after, when nobody else holds it.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from store.checkpoints import apply_retention
from store.database import Store
from store.errors import THIS_PROGRAM, DatabaseHeld
from store.leases import LAPSE_SECONDS, WorkerLease
from store.queue import owned, requests
from store.spool import Batch, SpoolWriter, ingest

PERIOD_SECONDS = 1.0
REPORT_SECONDS = 10.0  # between two rows of worker_log while nothing changes
DATABASE_WAIT_SECONDS = 0.5  # a turn must not keep rows from the spool for long
DATABASE_SHARE = 0.02  # of a core: the longer a visit to the database takes, the rarer they are
LONGEST_REST_SECONDS = 2.0  # between two visits: a request to stop waits for the next one

log = logging.getLogger(__name__)


class Recorder(threading.Thread):
    """Records for one worker. Every method may be called from the training thread."""

    def __init__(self, store: Store, lease: WorkerLease, device: str) -> None:
        super().__init__(name="recorder", daemon=True)
        self._store = store
        self._lease = lease
        self._device = device
        self._writer = SpoolWriter(store.layout, lease.worker_id)
        self._lock = threading.Lock()
        self._turning = threading.Lock()
        self._wake = threading.Event()
        self._ending = False
        self._batch = Batch()
        self._attempts: dict[int, int] = {}
        self._requests: dict[int, str] = {}
        self._lost: set[int] = set()
        self._retire: set[int] = set()
        self._info: dict[str, Any] = {"state": "started", "runs": 0}
        self._reported: tuple[float, str] = (float("-inf"), "")
        self._held_by = ""
        self._slept = False
        self.error: BaseException | None = None

    def add(self, batch: Batch) -> None:
        """Take rows of metrics, events and checkpoints, in order."""
        with self._lock:
            self._batch.extend(batch)

    def hold(self, attempts: Mapping[int, int]) -> None:
        """Say which runs (and which attempt of each) this worker trains now."""
        with self._lock:
            self._attempts = dict(attempts)
            self._requests = {k: v for k, v in self._requests.items() if k in attempts}
            self._lost &= set(attempts)

    def requested(self) -> dict[int, str]:
        """What people want of the runs that are held: 'stop' or 'pause' by run id."""
        with self._lock:
            return dict(self._requests)

    def lost(self) -> set[int]:
        """Runs that were held but belong to another worker by now."""
        with self._lock:
            return set(self._lost)

    def say(self, **info: Any) -> None:
        """Set what the life sign tells: state, runs, steps_per_second and the like."""
        with self._lock:
            self._info = info

    def retire(self, run_ids: Sequence[int]) -> None:
        """Have the checkpoints of these runs thinned out, once their newest are recorded."""
        with self._lock:
            self._retire |= set(run_ids)

    def flush(self) -> None:
        """Put everything on disk now, and in the database if it is free."""
        self._database_due = float("-inf")
        self._turn()

    def close(self) -> None:
        """Put everything on disk, in the database if it is free, and end the thread."""
        self._ending = True
        self._wake.set()
        self.join()

    def run(self) -> None:
        """Work once a second until closed. An error ends it and is kept in ``error``."""
        try:
            while not self._ending:
                self._turn()
                self._wake.wait(PERIOD_SECONDS)
            self.flush()
        except Exception as error:  # the training thread looks and raises it
            log.exception("the recorder stopped")
            self.error = error

    def _turn(self) -> None:
        with self._turning:
            self._write()
            if time.monotonic() >= self._database_due:
                began = time.thread_time()
                self._exchange()
                rest = (time.thread_time() - began) / DATABASE_SHARE
                self._database_due = time.monotonic() + min(rest, LONGEST_REST_SECONDS)

    def _write(self) -> None:
        """The life sign, and the rows so far to the spool."""
        # After a long sleep (a stopped process, a suspended laptop) the lease may have lapsed.
        self._slept |= self._lease.seconds_since_beat > LAPSE_SECONDS / 2
        with self._lock:
            info, batch, self._batch = dict(self._info), self._batch, Batch()
        self._lease.beat(info | {"held_by": self._held_by})
        self._report(info, batch)
        if batch:
            self._writer.write(batch)

    def _exchange(self) -> None:
        """Rows into the database, requests out of it."""
        with self._lock:
            attempts = dict(self._attempts)
            retire, self._retire = self._retire, set()
        try:
            if attempts:
                ingest(self._store, DATABASE_WAIT_SECONDS, lambda c: self._learn(c, attempts))
            else:
                ingest(self._store, DATABASE_WAIT_SECONDS)
            if retire:
                apply_retention(self._store, sorted(retire), wait=DATABASE_WAIT_SECONDS)
            if self._held_by:
                log.info("the database is free again")
            self._held_by = ""
        except DatabaseHeld as held:
            self.retire(sorted(retire))
            if held.holder not in (self._held_by, THIS_PROGRAM):
                log.warning("%s Rows wait in the spool.", held)
                self._held_by = held.holder

    def _learn(self, connection: duckdb.DuckDBPyConnection, attempts: dict[int, int]) -> None:
        wanted = requests(connection, attempts)
        lost: set[int] = set()
        if self._slept:
            lost = set(attempts) - owned(connection, self._lease.worker_id, attempts)
            self._slept = False
        with self._lock:
            self._requests = {k: v for k, v in wanted.items() if k in self._attempts}
            self._lost |= lost

    def _report(self, info: dict[str, Any], batch: Batch) -> None:
        now, (when, state) = time.monotonic(), self._reported
        if info["state"] == state and now - when < REPORT_SECONDS and not self._ending:
            return
        self._reported = (now, info["state"])
        batch.workers.append(
            {
                "worker_id": self._lease.worker_id,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "device": self._device,
                "state": info["state"],
                "runs": info["runs"],
                "steps_per_second": info.get("steps_per_second"),
                "detail": info.get("ensemble", ""),
            }
        )
