"""SIGKILL at random moments: what comes out equals an uninterrupted run, bit for bit."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.engine.worker.support import (
    PATIENCE_SECONDS,
    curves_of,
    final_weights,
    run_worker,
    small_sweep,
    start_worker,
    states,
    submitted,
)

CHANGES = {"train_size": "40,60", "seeds": "2", "steps": "60000", "evaluations": "300"}


@pytest.mark.parametrize(("kills", "seed"), [(3, 0), pytest.param(30, 1, marks=pytest.mark.slow)])
def test_killed_workers_leave_nothing_lost_doubled_or_changed(
    tmp_path: Path, kills: int, seed: int
) -> None:
    whole, reference = submitted(tmp_path / "whole", small_sweep(**CHANGES))
    assert run_worker(whole) == 0
    store, sweep = submitted(tmp_path / "killed", small_sweep(**CHANGES))
    random_moment = random.Random(seed)
    killed = 0
    for number in range(kills):
        worker = start_worker(store, f"w{number}", checkpoint_seconds=0.05)
        try:
            worker.wait(random_moment.uniform(1.0, 4.0))
        except Exception:
            worker.send_signal(signal.SIGKILL)
            killed += worker.wait(PATIENCE_SECONDS) == -signal.SIGKILL
        if set(states(store, sweep.sweep_id)) == {"finished"}:
            break
    assert killed > 0
    assert run_worker(store, "last") == 0
    assert set(states(store, sweep.sweep_id)) == {"finished"}
    assert curves_of(store, sweep.run_ids) == curves_of(whole, reference.run_ids)
    for killed_id, whole_id in zip(sweep.run_ids, reference.run_ids, strict=True):
        assert final_weights(store, killed_id) == final_weights(whole, whole_id)
