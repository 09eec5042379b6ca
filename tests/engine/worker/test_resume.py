"""What a run goes on from after its worker died or slept at an unlucky moment."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from engine.launch import config_of_run
from engine.training.ensemble import Ensemble
from engine.worker.recorder import Recorder
from store.checkpoints import NewCheckpoint, write_checkpoints
from store.database import Store
from store.leases import LAPSE_SECONDS, WorkerLease
from store.queue import claim
from store.spool import Batch, SpoolWriter, ingest
from tests.engine.worker.support import (
    curves_of,
    final_weights,
    holding,
    run_worker,
    small_sweep,
    states,
    submitted,
)


def die_at(store: Store, run_id: int, step: int, reason: str) -> None:
    """A worker claims a run, records its checkpoint at ``step``, and is gone."""
    config = config_of_run(store, run_id)
    ensemble = Ensemble([config], "cpu")
    ensemble.train(step)
    progress: dict[str, object] = {"reached": [], "perfect_since": None, "perfect_evaluations": 0}
    metadata = {
        "step": str(step),
        "config": json.dumps(dataclasses.asdict(config)),
        "progress": json.dumps(progress),
    }
    (state,) = ensemble.states()
    (file,) = write_checkpoints(
        store.layout, [NewCheckpoint(run_id, 1, step, state.tensors, metadata)]
    )
    row = {"run_id": run_id, "attempt": 1, "step": step, "path": file.path, "bytes": file.bytes,
           "reason": reason, "seconds": 1.0}  # fmt: skip
    begun = {"run_id": run_id, "attempt": 1, "state": "running", "step": 0, "worker_id": "gone"}
    SpoolWriter(store.layout, "gone").write(Batch(events=[begun], checkpoints=[row]))
    ingest(store, 30.0)


@pytest.mark.parametrize(("step", "reason"), [(0, "leave"), (150, "interval"), (400, "end")])
def test_a_run_whose_worker_died_after_any_checkpoint_is_finished_beside_fresh_ones(
    tmp_path: Path, step: int, reason: str
) -> None:
    straight, sent = submitted(tmp_path / "straight", small_sweep())
    assert run_worker(straight) == 0
    store, sweep = submitted(tmp_path / "died", small_sweep())
    first = sweep.run_ids[0]
    die_at(store, first, step, reason)
    assert run_worker(store) == 0
    assert states(store, sweep.sweep_id) == ["finished"] * 3
    assert final_weights(store, first) == final_weights(straight, sent.run_ids[0])
    expected = [row for row in curves_of(straight, sent.run_ids) if row[0] or row[1] >= step]
    assert [row for row in curves_of(store, sweep.run_ids) if row[0] or row[1] >= step] == expected


def test_a_worker_that_slept_learns_what_it_lost_also_if_the_database_is_held_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, sweep = submitted(tmp_path, small_sweep())
    with WorkerLease(store.layout, "sleeper") as lease:
        claimed = claim(store, "sleeper", "cpu", lambda runs: [run.run_id for run in runs])
        recorder = Recorder(store, lease, "cpu")
        recorder.hold({run.run_id: run.attempt for run in claimed})
        recorder.flush()
        assert recorder.lost() == set()
        taken = sweep.run_ids[1]
        other = {"run_id": taken, "attempt": 2, "state": "running", "worker_id": "other"}
        SpoolWriter(store.layout, "other").write(Batch(events=[other]))
        ingest(store, 30.0)
        with holding(store, read_only=False), monkeypatch.context() as asleep:
            asleep.setattr(WorkerLease, "seconds_since_beat", LAPSE_SECONDS + 1)
            recorder.flush()
        recorder.flush()
        assert recorder.lost() == {taken}
