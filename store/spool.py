"""The spool: rows on disk that are not in the database yet.

What survives which failure:

* A batch that :meth:`SpoolWriter.write` returned from survives SIGKILL and power cuts: it is one
  immutable file, written under another name, fsynced, renamed, its folder fsynced.
* A kill before that leaves no batch. The writer's caller still has the rows, or died with them.
* :func:`ingest` puts rows and the batch's name into the database in one transaction and unlinks
  the file after it. A kill before the commit leaves the batch as it was; a kill after it leaves
  a file whose name is known, which is only unlinked. So every row arrives exactly once.
* A batch that was damaged on disk fails its checksum, goes to ``spool/damaged`` and holds up
  nobody.

A batch is text, one JSON value a line, so that a person can read it: a header, then the rows.
JSON is extended by NaN and Infinity, as Python's ``json`` writes them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from store.durable import new_file, sync_folder
from store.faults import point
from store.names import sql
from store.spool_rows import KINDS, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import duckdb

    from store.database import Store
    from store.layout import StoreLayout

_FORMAT = 1
_SUFFIX = ".batch.jsonl"
_BYTES_AT_ONCE = 32 * 2**20  # of batches in one transaction: bounds memory after a long hold
_NAMES_KEPT = 1000  # recorded batch names; more are pruned where their file is gone

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """Rows for the database: dicts whose keys are columns of the table that is named.

    A column that may be null and is missing is null; ``detail`` is then empty. ``event_id`` and
    ``recorded_at`` are not given: the first is set at ingest, the second by the writer.
    """

    metrics: list[dict[str, Any]] = field(default_factory=list)
    """Rows of metric_log."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """Rows of run_event_log."""
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    """Rows of checkpoint_log."""
    workers: list[dict[str, Any]] = field(default_factory=list)
    """Rows of worker_log."""

    def __bool__(self) -> bool:
        return bool(self.metrics or self.events or self.checkpoints or self.workers)

    def extend(self, other: Batch) -> None:
        """Append the rows of another batch."""
        self.metrics += other.metrics
        self.events += other.events
        self.checkpoints += other.checkpoints
        self.workers += other.workers


class SpoolWriter:
    """Puts the batches of one worker into the spool, in order."""

    def __init__(self, layout: StoreLayout, worker_id: str) -> None:
        self._folder = layout.spool
        self._worker = quote(worker_id, safe=":@")
        numbers = (
            int(path.name.removeprefix(f"{self._worker}~").split("~")[0])
            for path in waiting(layout)
            if path.name.startswith(f"{self._worker}~")
        )
        self._number = max(numbers, default=0)

    def write(self, batch: Batch) -> Path:
        """Make a batch durable and return its file; the rows will be in the database once.

        Raises:
            StoreError: the disk is full or the folder cannot be written to. Nothing was kept:
                the caller still has the rows and may try again.
            ValueError: a row has an unknown column, lacks one, or has a value of another type.
        """
        point("spool: before write")
        now = datetime.now(UTC).isoformat()
        lines = [json.dumps(row) for row in packed(batch, now)]
        body = "".join(line + "\n" for line in lines).encode()
        header = {
            "format": _FORMAT,
            "rows": len(lines),
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        self._number += 1
        name = f"{self._worker}~{self._number:010d}~{secrets.token_hex(6)}{_SUFFIX}"
        path = self._folder / name
        with new_file(path, "spool") as file:
            file.write(json.dumps(header).encode() + b"\n" + body)
        sync_folder(self._folder)
        return path


def waiting(layout: StoreLayout) -> list[Path]:
    """Return the batches that wait in the spool, each worker's in the order it wrote them."""
    return sorted(
        path
        for path in layout.spool.iterdir()
        if path.name.endswith(_SUFFIX) and not path.name.startswith(".")
    )


def damaged(layout: StoreLayout) -> list[Path]:
    """Return the batches that were put aside because they cannot be read."""
    return sorted(layout.damaged.iterdir())


def ingest(
    store: Store,
    wait: float,
    beside: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
) -> int:
    """Move all waiting batches into the database and return the number of rows.

    That is one transaction, or several where there is more than fits in memory at ease. Batches
    that are there already are only unlinked; damaged ones go to ``spool/damaged``, with a
    warning in the log.

    ``beside`` is called once with a connection, for who has a question too: opening the database
    costs more than the rows do, so one opening serves both.

    Raises:
        DatabaseHeld: the wait is over; the batches wait on.
        StoreError: the disk is full or the database cannot be used; the batches wait on.
    """
    rows = 0
    deadline = time.monotonic() + wait
    while waiting(store.layout):
        with store.write(max(0.0, deadline - time.monotonic())) as connection:
            done, added = _ingest_some(connection, store.layout)
            if beside is not None:
                beside(connection)
                beside = None
        point("ingest: committed")
        for path in done:
            path.unlink(missing_ok=True)
        rows += added
        if not done:
            break
    if beside is not None:
        with store.read(max(0.0, deadline - time.monotonic())) as connection:
            beside(connection)
    return rows


def _ingest_some(
    connection: duckdb.DuckDBPyConnection, layout: StoreLayout
) -> tuple[list[Path], int]:
    """Insert waiting batches; return the files to unlink after the commit, and the rows."""
    recorded = {name for (name,) in connection.execute(sql("recorded_batches")).fetchall()}
    files = waiting(layout)
    done: list[Path] = []
    rows: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in KINDS}
    names: list[tuple[str, int]] = []
    size = 0
    for path in files:
        if path.name not in recorded:
            if size > _BYTES_AT_ONCE:
                break
            read = _read(path, layout)
            if read is None:
                continue
            size += read.size
            names.append((path.name, len(read.rows)))
            for kind, *values in read.rows:
                rows[kind].append(tuple(values))
        done.append(path)
    for kind, (table, columns) in KINDS.items():
        if rows[kind]:
            with connection.appender(table, columns=list(columns)) as appender:
                appender.append_rows(rows[kind])
    if rows["events"]:
        _settle_requests(connection, rows["events"])
    with connection.appender("spool_batch", columns=["name", "rows"]) as appender:
        appender.append_rows(names)
    _prune(connection, layout, recorded, files)
    point("ingest: rows inserted")
    return done, sum(map(len, rows.values()))


def _settle_requests(
    connection: duckdb.DuckDBPyConnection, events: Iterable[tuple[Any, ...]]
) -> None:
    """Do what was asked of runs that their worker had let go of already."""
    left = sorted({(e[0], e[1]) for e in events if e[2] in ("queued", "paused", "stopped")})
    if left:
        run_ids, attempts = zip(*left, strict=True)
        wanted = {"run_ids": list(run_ids), "attempts": list(attempts)}
        connection.execute(sql("settle_requests"), wanted)


def _prune(
    connection: duckdb.DuckDBPyConnection,
    layout: StoreLayout,
    recorded: set[str],
    files: Iterable[Path],
) -> None:
    """Forget the names of batches that can never be seen again.

    A name is there to recognise its file. Names are never used twice, so a file that was absent
    when the folder was listed can come back only if a power cut undoes its unlinking; the fsync
    rules that out.
    """
    if len(recorded) > _NAMES_KEPT:
        gone = recorded - {path.name for path in files}
        sync_folder(layout.spool)
        connection.execute(sql("forget_batches"), {"names": sorted(gone)})


@dataclass(frozen=True, slots=True)
class _ReadBatch:
    rows: list[list[Any]]
    size: int


def _read(path: Path, layout: StoreLayout) -> _ReadBatch | None:
    """Return a batch's rows, or None after putting a damaged one aside."""
    try:
        text = path.read_bytes()
        head, _, body = text.partition(b"\n")
        header = json.loads(head)
        if header["format"] != _FORMAT:
            raise ValueError(f"it has format {header['format']}, not {_FORMAT}")
        if len(body) != header["bytes"]:
            raise ValueError(f"it has {len(body)} bytes of rows, not {header['bytes']}")
        if hashlib.sha256(body).hexdigest() != header["sha256"]:
            raise ValueError("its checksum is wrong")
        rows = [json.loads(line) for line in body.splitlines()]
    except (ValueError, KeyError, TypeError) as error:
        path.replace(layout.damaged / path.name)
        _log.warning(
            "The spool batch %s is damaged (%s); put in %s.", path.name, error, layout.damaged
        )
        return None
    return _ReadBatch(rows, len(text))
