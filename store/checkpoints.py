"""Checkpoint files: safetensors with a run's tensors, and its row as the commit.

A file is written under another name, fsynced, renamed, its folder fsynced; then the row that
names it goes through the spool. A file without a row is garbage. A row without its file is
reported, and the one before it is used. A removal is a row too, written before the unlinking.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy

from store.durable import new_file, sync_folder
from store.errors import StoreError, from_os_error
from store.faults import point
from store.names import sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from store.database import Store
    from store.layout import StoreLayout

    Tensors = Mapping[str, NDArray[np.generic]]

_LAST_KEPT = 2
_KEPT_REASONS = frozenset({"memorized", "rose", "generalized", "end", "requested"})


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that the database knows."""

    run_id: int
    attempt: int
    step: int
    path: Path
    """Absolute."""
    seconds: float
    """Training time until then."""


class NewCheckpoint(NamedTuple):
    """What is to be written for one run."""

    run_id: int
    attempt: int
    step: int
    tensors: Tensors
    metadata: Mapping[str, str]


class Written(NamedTuple):
    """A checkpoint file that is durable: what its row in checkpoint_log needs."""

    path: str
    """Relative to the store folder."""
    bytes: int


def write_checkpoints(layout: StoreLayout, new: Iterable[NewCheckpoint]) -> list[Written]:
    """Write checkpoints of many runs; all are durable on return.

    A file that is there already, of the same run, attempt and step, is replaced. Every folder
    is synced once, however many of its files are new.

    Raises:
        StoreError: the disk is full, or the folder cannot be written to. Some of the files may
            be there: without rows they are garbage, and the next try replaces them.
    """
    written = []
    folders = set()
    for run_id, attempt, step, tensors, metadata in new:
        folder = layout.checkpoints / f"{run_id // 1000:03d}" / f"{run_id:06d}"
        path = folder / f"a{attempt}-s{step:08d}.safetensors"
        if not folder.is_dir():
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise from_os_error(error, folder) from error
            folders |= {folder.parent, layout.checkpoints}
        # safetensors writes the bytes of an array as they lie, whatever its strides say
        plain = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
        content = safetensors.numpy.save(plain, dict(metadata))
        with new_file(path, "checkpoint") as file:
            file.write(content)
        folders.add(folder)
        written.append(Written(path.relative_to(layout.root).as_posix(), len(content)))
    for folder in folders:
        sync_folder(folder)
    return written


def read_checkpoint(path: Path) -> tuple[dict[str, NDArray[np.generic]], dict[str, str]]:
    """Return a checkpoint's tensors and metadata.

    Raises StoreError, in one sentence, for a file that is missing, cut short or no safetensors.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, dict(file.metadata() or {})
    except FileNotFoundError:
        raise StoreError(f"There is no checkpoint {path}.") from None
    except OSError as error:
        raise StoreError(f"The checkpoint {path} cannot be read: {error}.") from error
    except safetensors.SafetensorError as error:
        raise StoreError(
            f"{path} is no checkpoint, or is cut short or damaged ({error})."
        ) from error


class _Row(NamedTuple):
    run_id: int
    attempt: int
    step: int
    path: str
    reasons: list[str]
    seconds: float

    def checkpoint(self, root: Path) -> Checkpoint:
        return Checkpoint(self.run_id, self.attempt, self.step, root / self.path, self.seconds)


def _rows(connection: duckdb.DuckDBPyConnection, run_ids: list[int] | None) -> list[_Row]:
    """Return the checkpoints of these runs (None: of all), latest first."""
    found = connection.execute(sql("checkpoints_of"), {"run_ids": run_ids}).fetchall()
    return [_Row(*row) for row in found]


def usable_checkpoints(
    connection: duckdb.DuckDBPyConnection, root: Path, run_ids: Sequence[int]
) -> dict[int, Checkpoint]:
    """Return for each run its latest checkpoint whose file exists; runs without are left out."""
    latest: dict[int, Checkpoint] = {}
    for row in _rows(connection, list(run_ids)):
        checkpoint = row.checkpoint(root)
        if checkpoint.run_id not in latest and checkpoint.path.is_file():
            latest[checkpoint.run_id] = checkpoint
    return latest


def known_checkpoints(
    connection: duckdb.DuckDBPyConnection, root: Path, run_ids: Sequence[int] | None = None
) -> list[Checkpoint]:
    """Return the checkpoints of these runs (None: of all) that were not removed, latest first."""
    ids = None if run_ids is None else list(run_ids)
    return [row.checkpoint(root) for row in _rows(connection, ids)]


def missing_checkpoints(store: Store, wait: float = 5.0) -> list[Checkpoint]:
    """Return the checkpoints that have a row but no file."""
    with store.read(wait) as connection:
        known = known_checkpoints(connection, store.root)
    return [checkpoint for checkpoint in known if not checkpoint.path.is_file()]


def superfluous(steps: Mapping[int, Collection[str]]) -> set[int]:
    """Return the steps whose checkpoints the retention rule gives up.

    ``steps`` maps the steps of one run's checkpoints to their reasons. Kept are all milestones,
    ends and requested ones, the last two of any kind (the newest may turn out to be damaged), and
    of the rest the first at or beyond each power of two: as dense early as late on a log axis.
    """
    ordered = sorted(steps)
    kept = {step for step in ordered if not _KEPT_REASONS.isdisjoint(steps[step])}
    kept |= set(ordered[-_LAST_KEPT:])
    octaves = set()
    for step in ordered:
        if step.bit_length() not in octaves:
            octaves.add(step.bit_length())
            kept.add(step)
    return set(ordered) - kept


def apply_retention(store: Store, run_ids: Sequence[int], wait: float = 30.0) -> int:
    """Remove what the retention rule gives up of these runs; return the number of files.

    The removal is recorded before the first file goes, so that a kill in between leaves files
    without rows, which are garbage, and never a row that promises a file.
    """
    with store.write(wait) as connection:
        of_run: dict[int, list[_Row]] = {}
        for row in _rows(connection, list(run_ids)):
            of_run.setdefault(row.run_id, []).append(row)
        going: list[_Row] = []
        for rows in of_run.values():
            # two attempts may have a checkpoint of the same step: the later one stands for both
            steps = superfluous({row.step: row.reasons for row in reversed(rows)})
            going += [row for row in rows if row.step in steps]
        if going:
            columns = ["run_id", "attempt", "step", "path", "bytes", "reason", "seconds"]
            with connection.appender("checkpoint_log", columns=columns) as appender:
                appender.append_rows([(*row[:4], 0, "removed", row.seconds) for row in going])
    point("removal: recorded")
    for row in going:
        (store.root / row.path).unlink(missing_ok=True)
    return len(going)
