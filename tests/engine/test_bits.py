"""On the CPU a run is the same bits alone, in company, after others have left, and resumed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.specification.config import RunConfig
from engine.training.ensemble import Ensemble, EnsembleError, RunState
from tests.engine.reference import same_bits

ONE_LAYER = RunConfig(modulus=29, train_size=330, width=8, learning_rate=3e-3)
MIXTURE = replace(ONE_LAYER, modulus=13, train_size=90, memorization_size=40)
SHAPES = [
    ONE_LAYER,
    replace(ONE_LAYER, width=20, loss_precision="float64"),
    replace(ONE_LAYER, batch_size=100),
    MIXTURE,
    replace(MIXTURE, feed_forward="split"),
    replace(MIXTURE, feed_forward="split", depth=2, batch_size=50),
    replace(ONE_LAYER, modulus=13, train_size=90, depth=2),
]
STEPS = 12


@st.composite
def company(draw: st.DrawFn) -> list[RunConfig]:
    base = draw(st.sampled_from(SHAPES))
    largest = base.modulus**2
    members = draw(st.integers(1, 5))
    return [
        replace(
            base,
            seed=draw(st.integers(0, 50)),
            train_size=draw(st.integers(max(1, base.batch_size), largest)),
            memorization_size=draw(st.integers(1, 169)) if base.memorization_size else 0,
            learning_rate=draw(st.sampled_from([1e-3, 3e-3])),
            weight_decay=draw(st.sampled_from([0.0, 1.0])),
            beta2=draw(st.sampled_from([0.98, 0.999])),
        )
        for _ in range(members)
    ]


def alone(config: RunConfig, steps: int = STEPS) -> RunState:
    ensemble = Ensemble([config], "cpu")
    ensemble.train(steps)
    return ensemble.states()[0]


CPU = settings(
    max_examples=20,
    deadline=None,
    # the implementation of the step stays the same over all examples of a test
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@CPU
@given(company(), st.data())
@pytest.mark.usefixtures("step")
def test_companions_that_come_stay_or_leave_change_no_bit(
    configs: list[RunConfig], data: st.DataObject
) -> None:
    """Alone, in an ensemble that shrinks half-way, and resumed elsewhere from a state."""
    ensemble = Ensemble(configs, "cpu")
    ensemble.train(STEPS // 2)
    staying = data.draw(
        st.lists(st.integers(0, len(configs) - 1), unique=True, min_size=1), label="staying"
    )
    ensemble.keep(staying)
    assert ensemble.configs == [configs[member] for member in staying]
    half_way = ensemble.states()
    ensemble.train(STEPS)
    finished = ensemble.states()

    member = data.draw(st.integers(0, len(staying) - 1), label="member")
    config = configs[staying[member]]
    assert same_bits(finished[member], alone(config))
    resumed = Ensemble([config], "cpu", [half_way[member]])
    resumed.train(STEPS)
    assert same_bits(finished[member], resumed.states()[0])


@CPU
@given(company())
@pytest.mark.usefixtures("step")
def test_an_evaluation_does_not_depend_on_company_and_changes_nothing(
    configs: list[RunConfig],
) -> None:
    ensemble = Ensemble(configs, "cpu")
    ensemble.train(STEPS // 2)
    found = ensemble.evaluate([len(configs) - 1])[0]
    state = ensemble.states([len(configs) - 1])[0]
    assert found == Ensemble(configs[-1:], "cpu", [state]).evaluate()[0]
    ensemble.train(STEPS)
    assert same_bits(ensemble.states()[-1], alone(configs[-1]))


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.usefixtures("step")
def test_the_number_of_threads_changes_no_bit(threads: int) -> None:
    large = replace(ONE_LAYER, modulus=59, train_size=3000)  # rows for three threads
    expected = [alone(config, 3) for config in (ONE_LAYER, large)]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for config, state in zip((ONE_LAYER, large), expected, strict=True):
            assert same_bits(alone(config, 3), state)
            ensemble = Ensemble([replace(config, seed=7), config, config], "cpu")
            ensemble.train(3)
            assert same_bits(ensemble.states()[1], state)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("config", SHAPES)
@pytest.mark.usefixtures("step")
def test_a_diverged_member_touches_no_other(config: RunConfig) -> None:
    wild = replace(config, seed=8, learning_rate=1e30, warmup_steps=0)
    ensemble = Ensemble([wild, config, wild], "cpu")
    ensemble.train(STEPS)
    first, second, _ = ensemble.states()
    assert not np.isfinite(first.tensors["unembed.W_U"]).all()
    assert same_bits(second, alone(config))
    assert not np.isfinite(ensemble.evaluate()[0].train_loss)


def test_a_state_keeps_its_values_while_training_goes_on() -> None:
    ensemble = Ensemble([ONE_LAYER], "cpu")
    state = ensemble.states()[0]
    before = state.tensors["embed.W_E"].copy()
    ensemble.train(2)
    assert (state.tensors["embed.W_E"] == before).all()
    assert (ensemble.states()[0].tensors["embed.W_E"] != before).any()


def without(state: RunState, name: str) -> RunState:
    return RunState(state.step, {key: t for key, t in state.tensors.items() if key != name})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Ensemble([], "cpu"), "at least one run"),
        (lambda: Ensemble([ONE_LAYER, replace(ONE_LAYER, width=12)], "cpu"), "different shapes"),
        (lambda: Ensemble([ONE_LAYER], "cuda:99"), "no device 'cuda:99'"),
        (lambda: Ensemble([ONE_LAYER], "toaster"), "no device 'toaster'"),
        (lambda: Ensemble([replace(ONE_LAYER, precision="bf16")], "cpu"), "needs a CUDA device"),
        (
            lambda: Ensemble([ONE_LAYER] * 2, "cpu", [alone(ONE_LAYER, 1), alone(ONE_LAYER, 2)]),
            "steps 1, 2",
        ),
        (
            lambda: Ensemble([ONE_LAYER], "cpu", [without(alone(ONE_LAYER, 1), "embed.W_E")]),
            "'embed.W_E' is missing",
        ),
        (
            lambda: Ensemble([replace(ONE_LAYER, width=12)], "cpu", [alone(ONE_LAYER, 1)]),
            r"has shape \[30, 8\]; it should be \[30, 12\]",
        ),
    ],
)
def test_what_cannot_train_is_refused_in_one_sentence(make: object, sentence: str) -> None:
    with pytest.raises(EnsembleError, match=sentence):
        make()  # type: ignore[operator]
