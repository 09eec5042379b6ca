"""What a GPU would be given, shown without one.

A CUDA graph runs the kernels of one step again and again on the same memory. Here the operations of
one step are recorded below autograd and run again on the same tensors: only a step whose numbers
all live in tensors, and whose shapes stand still, comes to the same bits in this way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from engine.specification.config import RunConfig
from engine.training import native
from engine.training.cuda_graph import (
    STEPS_A_GRAPH,
    WARM_UP_STEPS,
    Action,
    Repetition,
    Uncaptured,
)
from engine.training.data import build
from engine.training.ensemble import Ensemble, RunState
from engine.training.evaluation import Evaluation, evaluation
from engine.training.general import Rows, write_gradient
from engine.training.initialisation import initial_weights
from engine.training.layout import Layout, parameter_shapes
from engine.training.one_layer import add_rows, sorted_sums
from engine.training.stacked_step import StackedStep
from engine.training.step import Members
from tests.engine.reference import same_bits

ONE_LAYER = RunConfig(modulus=13, train_size=90, width=8, learning_rate=3e-3)
MIXTURE = replace(ONE_LAYER, memorization_size=40)
SPLIT = replace(MIXTURE, feed_forward="split")
KINDS = {
    "one layer": ONE_LAYER,
    "float64 loss": replace(ONE_LAYER, loss_precision="float64"),
    "mini-batches": replace(ONE_LAYER, batch_size=32),
    "split": SPLIT,
    "two layers": replace(ONE_LAYER, depth=2),
    "two layers, split, mini-batches": replace(SPLIT, depth=2, batch_size=50),
}
LOOKS_AT_NUMBERS = ("_local_scalar_dense", "nonzero", "lift_fresh", "equal", "is_nonzero")
"""Operations that make the host wait for a device, or copy numbers of the host to it."""


class Recording(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The operations that are called inside, in order."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, result))
        return result

    def replay(self) -> None:
        with torch.no_grad():
            for func, args, kwargs, before in self.calls:
                again = func(*args, **kwargs)
                results = zip(_tensors(before), _tensors(again), strict=True)
                for old, new in results:
                    if old.data_ptr() != new.data_ptr():  # neither a view nor in place
                        old.copy_(new)


def _tensors(result: Any) -> list[torch.Tensor]:
    each = result if isinstance(result, (list, tuple)) else [result]
    return [one for one in each if isinstance(one, torch.Tensor)]


class Recorded:
    """A :class:`engine.training.cuda_graph.Capture` on the CPU."""

    def __init__(self) -> None:
        self.operations: set[str] = set()

    def warm_up(self, function: Action) -> None:
        function()

    def record(self, function: Action) -> Action:
        """Unlike a CUDA graph this runs while it is recorded: the buffers are put back after."""
        saved = [(tensor, tensor.clone()) for tensor in self.buffers()]
        recording = Recording()
        with recording:
            function()
        for tensor, value in saved:
            tensor.copy_(value)
        self.operations |= {func.name() for func, *_ in recording.calls}
        return recording.replay

    buffers: Callable[[], list[torch.Tensor]]


def members_of(configs: list[RunConfig]) -> Members:
    layout = Layout(parameter_shapes(configs[0]))
    rows = [torch.from_numpy(layout.pack(initial_weights(config))) for config in configs]
    flat = torch.stack(rows)
    datasets = [build(config) for config in configs]
    return Members(configs, datasets, layout, flat, torch.zeros_like(flat), torch.zeros_like(flat))


def company(config: RunConfig) -> list[RunConfig]:
    """Three members in two groups of the optimizer, one of them still warming up."""
    other = replace(config, seed=3, train_size=60, learning_rate=1e-3, warmup_steps=40)
    return [replace(config, seed=2), other, config]


def state_of(members: Members, step: int) -> list[RunState]:
    prefixed = (("", members.flat), ("m.", members.exp_avg), ("v.", members.exp_avg_sq))
    return [
        RunState(step, {name: buffer[index].numpy().copy() for name, buffer in prefixed})
        for index in range(len(members.configs))
    ]


@pytest.mark.parametrize("config", KINDS.values(), ids=KINDS.keys())
def test_a_step_replayed_operation_by_operation_is_the_step(config: RunConfig) -> None:
    steps = WARM_UP_STEPS + 2 * STEPS_A_GRAPH + 5
    called = members_of(company(config))
    StackedStep(called).train(0, steps)

    replayed, capture = members_of(company(config)), Recorded()
    stepper = StackedStep(replayed, capture)
    work = stepper._work
    capture.buffers = lambda: [
        replayed.flat,
        replayed.exp_avg,
        replayed.exp_avg_sq,
        work.optimizer._count,
        *([work.batches._place_1] if config.batch_size else []),
    ]
    half = steps // 2
    stepper.train(0, half)
    stepper.train(half, steps)
    for one, other in zip(state_of(called, steps), state_of(replayed, steps), strict=True):
        assert same_bits(one, other)
    looks = [name for name in capture.operations if name.removeprefix("aten::") in LOOKS_AT_NUMBERS]
    assert capture.operations
    assert not looks


@given(st.lists(st.integers(0, 60), max_size=6))
def test_every_step_is_taken_once_whatever_the_slices(slices: list[int]) -> None:
    taken: list[int] = []
    repetition = Repetition(lambda: taken.append(1), Uncaptured())
    for count in slices:
        repetition.run(count)
    assert len(taken) == sum(slices)


class Broken(Uncaptured):
    def __init__(self, error: RuntimeError) -> None:
        self._error = error

    def record(self, function: Action) -> Action:
        raise self._error


def test_a_capture_that_fails_is_said_and_training_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    taken: list[int] = []
    repetition = Repetition(lambda: taken.append(1), Broken(RuntimeError("not permitted")))
    with caplog.at_level(logging.WARNING):
        repetition.run(40)
        repetition.run(7)
    assert len(taken) == 47
    assert [record.message for record in caplog.records] == [
        "steps are launched one by one, no CUDA graph was made: not permitted"
    ]


def test_memory_that_runs_out_in_a_capture_is_not_hidden() -> None:
    repetition = Repetition(lambda: None, Broken(torch.OutOfMemoryError("no room")))
    with pytest.raises(torch.OutOfMemoryError):
        repetition.run(40)


@pytest.mark.parametrize("config", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("at_once", [1, 10**6, 10**9])
def test_members_evaluated_together_give_the_numbers_of_each(
    config: RunConfig, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one chunk, in chunks of members, and in chunks of rows."""
    monkeypatch.setattr(native, "library", lambda dtype: None)
    monkeypatch.setattr("engine.training.stacked_evaluation.AT_ONCE_BYTES", at_once)
    monkeypatch.setattr("engine.training.stacked_evaluation.LEAST_ROWS", 100)
    configs = company(config)
    if config.memorization_size:
        configs[0] = replace(configs[0], memorization_size=25)
    configs[2] = replace(configs[2], train_size=169)  # no validation
    ensemble = Ensemble(configs, "cpu")
    ensemble.train(30)
    chosen = [2, 0]
    expected = ensemble.evaluate(chosen)
    stepper = ensemble._stepper
    assert isinstance(stepper, StackedStep)
    together = stepper.measure_at_once(chosen)
    datasets = [build(ensemble.configs[member]) for member in chosen]
    for one, data, other in zip(expected, datasets, together, strict=True):
        assert numbers(evaluation(data, other)) == pytest.approx(numbers(one), rel=1e-5)


def numbers(evaluation: Evaluation) -> dict[str, float]:
    """What was measured, by name; without what a run does not have, such as validation pairs."""
    return {name: value for name, value in asdict(evaluation).items() if value is not None}


def test_what_is_not_finite_stays_with_its_member() -> None:
    members = members_of([replace(ONE_LAYER, seed=seed) for seed in range(2)])
    stepper = StackedStep(members)
    members.flat[0] = torch.nan
    bad, good = map(evaluation, members.datasets, stepper.measure_at_once([0, 1]))
    assert bad.train_loss != bad.train_loss
    assert good.train_loss < 10
    assert good.gradient_norm < 100


@pytest.mark.parametrize(("members", "rows"), [(1, 30), (5, 200)])
def test_sums_in_a_fixed_order_are_the_sums(members: int, rows: int) -> None:
    x_ERd = torch.randn(members, rows, 8)
    index_R = torch.randint(0, 7, (rows,))
    expected = torch.full((members, 7, 8), torch.nan)
    add_rows(expected, index_R, x_ERd)
    assert torch.equal(expected, sorted_sums(7, index_R, x_ERd))


@pytest.mark.parametrize("depth", [1, 2])
def test_a_gradient_in_bf16_is_near_that_in_float32(depth: int) -> None:
    """Autocast of the CPU stands in for that of CUDA."""
    config = replace(SPLIT, depth=depth, width=32)
    members = members_of([config, replace(config, seed=1)])
    rows = StackedStep(members)._work.batches.whole
    assert isinstance(rows, Rows)
    views = members.layout.views(members.flat)
    gradients = []
    for precision in ("float32", "bf16"):
        gradient = torch.zeros_like(members.flat)
        shape = replace(config, precision=precision)
        write_gradient(views, members.layout.views(gradient), shape, rows)
        gradients.append(gradient)
    exact, rough = gradients
    error = (rough - exact).norm(dim=1) / exact.norm(dim=1)
    assert (error > 1e-5).all()  # it was in bf16
    assert (error < 0.05).all()
