"""SIGKILL at random moments: what comes out equals an uninterrupted run, bit for bit."""

from __future__ import annotations

import random
import signal
import subprocess
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

LONG_SECONDS = 600.0  # for two million steps on a busy machine
CHANGES = {"train_size": "40,60", "seeds": "2", "evaluations": "300"}


@pytest.mark.parametrize(
    ("kills", "steps"), [(3, "200000"), pytest.param(30, "2000000", marks=pytest.mark.slow)]
)
def test_killed_workers_leave_nothing_lost_doubled_or_changed(
    tmp_path: Path, kills: int, steps: str
) -> None:
    whole, reference = submitted(tmp_path / "whole", small_sweep(**CHANGES, steps=steps))
    assert run_worker(whole, patience=LONG_SECONDS) == 0
    store, sweep = submitted(tmp_path / "killed", small_sweep(**CHANGES, steps=steps))
    random_moment = random.Random(kills)
    killed = 0
    for number in range(kills):
        worker = start_worker(store, f"w{number}", checkpoint_seconds=0.05)
        try:
            worker.wait(random_moment.uniform(1.0, 4.0))
        except subprocess.TimeoutExpired:
            worker.send_signal(signal.SIGKILL)
            killed += worker.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    assert killed == kills, "the sweep is too short to be killed so often"
    assert run_worker(store, "last", LONG_SECONDS) == 0
    assert set(states(store, sweep.sweep_id)) == {"finished"}
    assert curves_of(store, sweep.run_ids) == curves_of(whole, reference.run_ids)
    for killed_id, whole_id in zip(sweep.run_ids, reference.run_ids, strict=True):
        assert final_weights(store, killed_id) == final_weights(whole, whole_id)
