"""The equality suite on a CUDA device: ``pytest -m cuda tests/engine/test_cuda.py``.

Written where no GPU was at hand; it has not run on one yet.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.specification.config import Precision, RunConfig
from engine.training.cuda_graph import CudaGraphs, Repetition, Uncaptured
from engine.training.ensemble import Ensemble, RunState
from engine.training.evaluation import Evaluation
from engine.training.stacked_step import StackedStep
from engine.worker.limits import memory_budget
from tests.engine.reference import distance, same_bits, train

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]

CUDA = "cuda:0"
ONE_LAYER = RunConfig(modulus=13, train_size=90, width=8, learning_rate=1e-3)
MIXTURE = replace(ONE_LAYER, memorization_size=40)
SPLIT = replace(MIXTURE, feed_forward="split")
KINDS = {
    "one layer": ONE_LAYER,
    "width 20": replace(ONE_LAYER, width=20),
    "two layers": replace(ONE_LAYER, depth=2),
    "mixture": MIXTURE,
    "three layers, split": replace(SPLIT, depth=3),
    "mini-batches": replace(ONE_LAYER, batch_size=32),
    "two layers, mini-batches": replace(ONE_LAYER, depth=2, batch_size=32),
    "float64 loss": replace(ONE_LAYER, loss_precision="float64"),
}
each_kind = pytest.mark.parametrize("config", KINDS.values(), ids=KINDS.keys())
STEPS = 100  # warm-up, several graphs of many steps, and single ones


def company(config: RunConfig) -> list[RunConfig]:
    other = replace(config, seed=3, train_size=60, learning_rate=3e-3, beta2=0.95)
    return [replace(config, seed=2), config, other]


def trained(configs: list[RunConfig], steps: int, *, captured: bool = True) -> list[RunState]:
    ensemble = Ensemble(configs, CUDA)
    if not captured:
        step = ensemble._stepper
        assert isinstance(step, StackedStep)
        step._repetition = Repetition(step._work.step, Uncaptured())
    ensemble.train(steps)
    return ensemble.states()


def apart(one: RunState, other: RunState) -> float:
    return max(float(np.abs(one.tensors[name] - other.tensors[name]).max()) for name in one.tensors)


@each_kind
def test_in_float64_it_is_the_textbook_loop(config: RunConfig) -> None:
    ensemble = Ensemble(company(config), CUDA, dtype=torch.float64)
    ensemble.train(STEPS)
    # the optimizer's kernel takes the learning rate in float32 there
    assert distance(train(config, STEPS, torch.float64), ensemble.states([1])[0]) < 1e-5


@each_kind
def test_in_float32_it_is_the_textbook_loop_to_rounding(config: RunConfig) -> None:
    assert distance(train(config, STEPS, torch.float32), trained(company(config), STEPS)[1]) < 1e-2


@each_kind
def test_replay_is_the_eager_step(config: RunConfig) -> None:
    eager = trained(company(config), STEPS, captured=False)
    for one, other in zip(trained(company(config), STEPS), eager, strict=True):
        assert same_bits(one, other)


def test_graphs_are_captured_and_not_given_up() -> None:
    ensemble = Ensemble(company(ONE_LAYER), CUDA)
    ensemble.train(STEPS)
    step = ensemble._stepper
    assert isinstance(step, StackedStep)
    assert isinstance(step._repetition._capture, CudaGraphs)
    assert sorted(step._repetition._recorded) == [1, 16]


@each_kind
def test_the_same_ensemble_again_is_the_same_bits(config: RunConfig) -> None:
    for one, other in zip(
        trained(company(config), STEPS), trained(company(config), STEPS), strict=True
    ):
        assert same_bits(one, other)


@each_kind
def test_slices_of_training_change_no_bit(config: RunConfig) -> None:
    ensemble = Ensemble(company(config), CUDA)
    for until in (1, 2, 9, 40, 41, STEPS):
        ensemble.train(until)
    for one, other in zip(ensemble.states(), trained(company(config), STEPS), strict=True):
        assert same_bits(one, other)


@each_kind
def test_a_resumed_ensemble_goes_on_as_if_it_had_not_stopped(config: RunConfig) -> None:
    ensemble = Ensemble(company(config), CUDA)
    ensemble.train(STEPS // 2)
    resumed = Ensemble(company(config), CUDA, ensemble.states())
    resumed.train(STEPS)
    ensemble.train(STEPS)
    for one, other in zip(ensemble.states(), resumed.states(), strict=True):
        assert same_bits(one, other)


@each_kind
def test_members_leave_under_a_captured_graph(config: RunConfig) -> None:
    """What stays goes on as it would have alone, to rounding: shapes choose kernels here."""
    ensemble = Ensemble(company(config), CUDA)
    ensemble.train(STEPS // 2)
    before = ensemble.states()
    ensemble.keep([2, 1])
    for kept, state in zip((2, 1), ensemble.states(), strict=True):
        assert same_bits(before[kept], state)
    ensemble.train(STEPS)
    assert ensemble.configs == [company(config)[2], config]
    assert apart(ensemble.states()[1], trained([config], STEPS)[0]) < 1e-2


@each_kind
def test_a_run_moves_between_devices(config: RunConfig) -> None:
    states = trained([config], STEPS // 2)
    assert same_bits(Ensemble([config], "cpu", states).states()[0], states[0])


@each_kind
def test_an_evaluation_is_that_of_the_cpu(config: RunConfig) -> None:
    ensemble = Ensemble(company(config), CUDA)
    ensemble.train(STEPS)
    there = ensemble.evaluate([2, 0])
    here = Ensemble(company(config), "cpu", ensemble.states()).evaluate([2, 0])
    for one, other in zip(there, here, strict=True):
        for name in Evaluation.__dataclass_fields__:
            within = 0.02 if name.endswith("accuracy") else None  # a tie may fall either way
            value = getattr(other, name)
            expected = value if value is None else pytest.approx(value, rel=1e-3, abs=within)
            assert getattr(one, name) == expected, name
    state = ensemble.states()
    ensemble.evaluate()
    assert all(map(same_bits, ensemble.states(), state))


@pytest.mark.parametrize("precision", ["tf32", "bf16"])
@pytest.mark.parametrize("depth", [1, 2])
def test_coarser_products_learn_the_same(precision: Precision, depth: int) -> None:
    config = replace(ONE_LAYER, depth=depth, width=32, learning_rate=3e-3)
    coarse, exact = (
        Ensemble(company(replace(config, precision=p)), CUDA) for p in (precision, "float32")
    )
    for ensemble in (coarse, exact):
        ensemble.train(400)
    for one, other in zip(coarse.evaluate(), exact.evaluate(), strict=True):
        assert one.train_accuracy == other.train_accuracy == 1.0
        assert one.parameter_norm == pytest.approx(other.parameter_norm, rel=0.1)
    assert not torch.backends.cuda.matmul.allow_tf32  # as it was


def test_attention_takes_more_rows_than_a_launch_has_blocks() -> None:
    config = replace(ONE_LAYER, modulus=113, train_size=12_000, depth=2)
    ensemble = Ensemble([replace(config, seed=seed) for seed in range(6)], CUDA)
    ensemble.train(20)
    assert all(each.train_loss < 6 for each in ensemble.evaluate())


def test_memory_that_runs_out_is_said_as_such_and_given_back() -> None:
    config = RunConfig(modulus=113, train_size=12_000, width=100)
    before = memory_budget(CUDA, None)
    whole = torch.cuda.get_device_properties(CUDA).total_memory
    torch.cuda.set_per_process_memory_fraction(2 * 2**30 / whole)
    try:
        with pytest.raises(torch.OutOfMemoryError):
            Ensemble([replace(config, seed=seed) for seed in range(200)], CUDA).train(40)
        ensemble = Ensemble([config], CUDA)
        ensemble.train(40)
        assert ensemble.evaluate()[0].train_loss < 6
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    del ensemble
    assert memory_budget(CUDA, None) > 0.9 * before


def test_what_an_ensemble_took_is_free_after_it() -> None:
    config = RunConfig(modulus=59, train_size=2000, width=32)
    trained([config], 40)
    before = memory_budget(CUDA, None)
    trained([replace(config, seed=seed) for seed in range(32)], 40)
    assert memory_budget(CUDA, None) > 0.98 * before


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one GPU or none here")
def test_the_second_gpu_trains_as_the_first() -> None:
    ensemble = Ensemble(company(ONE_LAYER), "cuda:1")
    ensemble.train(STEPS)
    for one, other in zip(ensemble.states(), trained(company(ONE_LAYER), STEPS), strict=True):
        assert apart(one, other) < 1e-2
