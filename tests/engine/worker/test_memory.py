"""A device whose memory runs out: the ensemble is halved and goes on, and the results are the same.

The worker runs in this process, and its ensembles raise what PyTorch raises on a GPU that is full.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.specification.config import RunConfig
from engine.training.ensemble import Ensemble
from engine.worker import session
from engine.worker.service import Worker
from store.database import Store
from store.leases import WorkerLease
from store.records import runs_with_zones
from tests.engine.worker.support import (
    curves_of,
    final_weights,
    small_sweep,
    states,
    submitted,
)

SENTENCE = "cpu has not enough free memory for {} runs of shape"


def work(store: Store) -> bool:
    """A worker in this process until the queue is empty; whether it left in good order."""
    with WorkerLease(store.layout, "here", {"device": "cpu", "state": "started"}) as lease:
        worker = Worker(store, lease, "cpu", threads=1, memory_bytes=None, checkpoint_seconds=1e9)
        return worker.work()


def cramped(most: int, *, from_step: int = 0) -> type[Ensemble]:
    """Ensembles that do not fit with more than ``most`` members, noticed at ``from_step``."""

    class Cramped(Ensemble):
        def __init__(self, configs: Sequence[RunConfig], *rest: Any) -> None:
            if from_step == 0:
                self._look(len(configs))
            super().__init__(configs, *rest)

        def train(self, until: int) -> None:
            if until >= from_step:
                self._look(len(self))
            super().train(until)

        def _look(self, members: int) -> None:
            if members > most:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    return Cramped


@pytest.mark.parametrize("from_step", [0, 200])
def test_an_ensemble_that_does_not_fit_is_halved_and_goes_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    from_step: int,
) -> None:
    """When it is made, and when it has been training for a while and some rows are recorded."""
    whole, reference = submitted(tmp_path / "whole", small_sweep(seeds="5"))
    assert work(whole)
    store, sweep = submitted(tmp_path / "cramped", small_sweep(seeds="5"))
    monkeypatch.setattr(session, "Ensemble", cramped(2, from_step=from_step))
    with caplog.at_level(logging.WARNING):
        assert work(store)
    assert states(store, sweep.sweep_id) == ["finished"] * 5
    assert curves_of(store, sweep.run_ids) == curves_of(whole, reference.run_ids)
    for here, there in zip(sweep.run_ids, reference.run_ids, strict=True):
        assert final_weights(store, here) == final_weights(whole, there)
    (said,) = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert said.startswith(SENTENCE.format(5))
    assert said.endswith("together; they go on 2 at a time")


def test_halving_goes_on_until_one_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, sweep = submitted(tmp_path, small_sweep(seeds="6"))
    monkeypatch.setattr(session, "Ensemble", cramped(1))
    assert work(store)
    assert states(store, sweep.sweep_id) == ["finished"] * 6


def test_a_run_that_does_not_fit_alone_fails_with_a_sentence_and_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WideDoNotFit(Ensemble):
        def __init__(self, configs: Sequence[RunConfig], *rest: Any) -> None:
            if configs[0].width > 8:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            super().__init__(configs, *rest)

    store, sweep = submitted(tmp_path, small_sweep(seeds="3", width="12,8"))
    monkeypatch.setattr(session, "Ensemble", WideDoNotFit)
    assert work(store)
    runs = runs_with_zones(store, sweep.run_ids)
    assert {(run["width"], run["state"]) for run in runs} == {(12, "failed"), (8, "finished")}
    for run in runs:
        if run["width"] == 12:
            assert run["detail"].startswith("cpu has not enough free memory for one run of shape")
