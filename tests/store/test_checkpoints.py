"""Checkpoint files are there complete or not at all, and their rows tell the truth."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import faults
from store.checkpoints import (
    NewCheckpoint,
    apply_retention,
    missing_checkpoints,
    read_checkpoint,
    superfluous,
    write_checkpoints,
)
from store.database import Store
from store.errors import StoreError
from store.queue import claim
from store.spool import Batch, SpoolWriter, ingest
from tests.store.support import rows_of, start, sweep_of, write_checkpoint


def checkpointed(store: Store, run_id: int, steps: dict[int, str], attempt: int = 1) -> list[Path]:
    """Write checkpoints of a run, with the reasons, and their rows."""
    batch = Batch()
    for step, reason in steps.items():
        written = write_checkpoint(
            store.layout, run_id, attempt, step, {"w": np.full(4, step)}, {"step": str(step)}
        )
        batch.checkpoints.append(
            {
                "run_id": run_id, "attempt": attempt, "step": step, "path": written.path,
                "bytes": written.bytes, "reason": reason, "seconds": step / 10,
            }
        )  # fmt: skip
    SpoolWriter(store.layout, "w").write(batch)
    ingest(store, 10.0)
    return [store.root / row["path"] for row in batch.checkpoints]


def test_tensors_and_metadata_come_back_bit_for_bit(store: Store) -> None:
    tensors: dict[str, np.ndarray[Any, Any]] = {
        "embed.W_E": np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32),
        "strange": np.array([np.nan, np.inf, -0.0, 5e-324]),
        "empty": np.zeros((0, 3), dtype=np.float16),
        "scalar": np.array(3, dtype=np.int64),
        "view": np.arange(12, dtype=np.float32).reshape(3, 4).T,
    }
    metadata = {"config": '{"task": "it\'s 🐍"}', "step": "5"}
    written = write_checkpoint(store.layout, 12, 3, 500, tensors, metadata)
    path = store.root / written.path
    assert path.stat().st_size == written.bytes
    read, told = read_checkpoint(path)
    assert told == metadata
    assert read.keys() == tensors.keys()
    for name, value in tensors.items():
        assert read[name].dtype == value.dtype
        assert read[name].shape == value.shape
        assert read[name].tobytes() == value.tobytes()


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o007, 0o660)])
def test_the_mode_follows_the_umask(store: Store, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        written = write_checkpoint(store.layout, 1, 1, 1, {"w": np.zeros(1)}, {})
    finally:
        os.umask(before)
    assert (store.root / written.path).stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("point", [p for p in faults.POINTS if p.startswith("checkpoint")])
def test_a_kill_leaves_the_old_or_the_new_file_whole(store: Store, point: str) -> None:
    child = start("checkpoint", store.root, point)
    assert child.communicate(timeout=60)[0].split() == ["1.0"]
    assert child.returncode == -signal.SIGKILL
    (path,) = store.layout.checkpoints.rglob("*.safetensors")
    value = 2.0 if point == "checkpoint: renamed" else 1.0
    assert (read_checkpoint(path)[0]["w"] == value).all()


def test_a_full_disk_leaves_what_was_there(store: Store) -> None:
    write_checkpoint(store.layout, 1, 1, 1, {"w": np.ones(9)}, {})

    def full(point: str) -> None:
        raise OSError(errno.ENOSPC, point)

    faults.on_point = full
    with pytest.raises(StoreError, match="full"):
        write_checkpoint(store.layout, 1, 1, 1, {"w": np.zeros(9)}, {})
    (path,) = (p for p in store.layout.checkpoints.rglob("*") if p.is_file())
    assert (read_checkpoint(path)[0]["w"] == 1).all()


def test_many_runs_are_written_in_one_go(store: Store) -> None:
    new = [NewCheckpoint(i, 1, 5, {"w": np.full(3, i)}, {"run": str(i)}) for i in range(50)]
    written = write_checkpoints(store.layout, new)
    assert len({w.path for w in written}) == 50
    for i, w in enumerate(written):
        assert read_checkpoint(store.root / w.path)[1] == {"run": str(i)}


@pytest.mark.parametrize("content", [b"", b"hello", bytes(100), b"\xff" * 1000, None])
def test_what_is_no_checkpoint_gets_one_sentence(store: Store, content: bytes | None) -> None:
    written = write_checkpoint(store.layout, 1, 1, 1, {"w": np.zeros(100)}, {})
    path = store.root / written.path
    path.write_bytes(path.read_bytes()[:-50] if content is None else content)
    with pytest.raises(StoreError, match="is no checkpoint, or is cut short or damaged"):
        read_checkpoint(path)


def test_a_missing_file_and_a_folder_get_one_sentence(store: Store) -> None:
    with pytest.raises(StoreError, match="There is no checkpoint"):
        read_checkpoint(store.root / "nothing.safetensors")
    with pytest.raises(StoreError, match=r"cannot be read|no checkpoint"):
        read_checkpoint(store.root)


def test_a_run_is_resumed_from_its_last_checkpoint_that_has_a_file(store: Store) -> None:
    with_file, without, fresh = sweep_of(store, 3)
    paths = checkpointed(store, with_file, {100: "interval", 200: "rose", 300: "interval"})
    paths[2].unlink()
    for path in checkpointed(store, without, {100: "interval"}):
        path.unlink()
    assert {(c.run_id, c.step) for c in missing_checkpoints(store)} == {
        (with_file, 300), (without, 100),
    }  # fmt: skip
    seen: dict[int, int | None] = {}

    def choose(found):  # type: ignore[no-untyped-def]
        seen.update({c.run_id: c.resume_step for c in found})
        return list(seen)

    # a run that was never claimed is not looked at for checkpoints: claim, lose, claim again
    for attempt in (1, 2):
        runs = claim(store, "w", "cpu", choose)
        assert [run.attempt for run in runs] == [attempt] * 3
        events = [{"run_id": run.run_id, "attempt": attempt, "state": "queued"} for run in runs]
        SpoolWriter(store.layout, "w").write(Batch(events=events))
        ingest(store, 10.0)
    assert seen == {with_file: 200, without: None, fresh: None}
    resumed = runs[0].resume
    assert resumed is not None
    assert (resumed.step, resumed.path, runs[0].seconds) == (200, paths[1], 20.0)
    assert (runs[1].resume, runs[1].seconds) == (None, 0.0)


def test_retention_keeps_milestones_ends_the_last_two_and_some_of_each_octave() -> None:
    steps: dict[int, tuple[str, ...]] = dict.fromkeys(range(1000, 20_000, 500), ("interval",))
    steps[7000] = ("interval", "generalized")
    kept = set(steps) - superfluous(steps)
    assert kept == {1000, 1500, 2500, 4500, 7000, 8500, 16500, 19000, 19500}


@given(
    st.dictionaries(
        st.integers(0, 10**6),
        st.sampled_from(["interval", "memorized", "end", "leave", "requested"]),
        max_size=40,
    )
)
def test_retention_is_safe_and_settled(steps: dict[int, str]) -> None:
    reasons = {step: (reason,) for step, reason in steps.items()}
    gone = superfluous(reasons)
    assert gone <= {step for step, reason in steps.items() if reason in ("interval", "leave")}
    assert not gone & set(sorted(steps)[-2:])
    assert superfluous({s: r for s, r in reasons.items() if s not in gone}) == set()


def test_what_retention_gives_up_is_recorded_and_gone(store: Store) -> None:
    (run_id,) = sweep_of(store, 1)
    steps = dict.fromkeys(range(1025, 1600, 50), "interval")
    paths = checkpointed(store, run_id, steps)
    assert apply_retention(store, [run_id]) == len(steps) - 3
    assert [path.name for path in paths if path.exists()] == [
        paths[0].name, paths[-2].name, paths[-1].name,
    ]  # fmt: skip
    assert rows_of(store, "SELECT step FROM checkpoints ORDER BY step") == [
        (1025,), (1525,), (1575,),
    ]  # fmt: skip
    assert apply_retention(store, [run_id]) == 0
    assert missing_checkpoints(store) == []


def test_a_kill_during_a_removal_leaves_no_row_without_file(store: Store) -> None:
    (run_id,) = sweep_of(store, 1)
    checkpointed(store, run_id, dict.fromkeys(range(1025, 1600, 50), "interval"))
    child = start("retire", store.root)
    child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert missing_checkpoints(store) == []
    assert rows_of(store, "SELECT count(*) FROM checkpoints") == [(3,)]
