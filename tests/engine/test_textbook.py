"""An ensemble is the textbook loop: the same function, the same optimizer, the same numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from engine.specification.config import LossPrecision, RunConfig
from engine.specification.sizes import parameters
from engine.textbook import TextbookTransformer
from engine.training.data import build
from engine.training.ensemble import Ensemble
from tests.engine.reference import distance, train

ONE_LAYER = RunConfig(modulus=13, train_size=90, width=8, learning_rate=3e-3)
MIXTURE = replace(ONE_LAYER, memorization_size=40)
SPLIT = replace(MIXTURE, feed_forward="split")
KINDS = {
    "one layer": ONE_LAYER,
    "width 4": replace(ONE_LAYER, width=4),
    "width 20": replace(ONE_LAYER, width=20),
    "one head": replace(ONE_LAYER, heads=1),
    "two layers": replace(ONE_LAYER, depth=2),
    "mixture": MIXTURE,
    "split": SPLIT,
    "two layers, mixture": replace(MIXTURE, depth=2),
    "three layers, split": replace(SPLIT, depth=3),
    "mini-batches": replace(ONE_LAYER, batch_size=32),
    "mini-batches, split": replace(SPLIT, batch_size=50),
    "float64 loss": replace(ONE_LAYER, loss_precision="float64"),
    "no warm-up, other betas": replace(ONE_LAYER, warmup_steps=0, beta1=0.8, beta2=0.999),
    "all pairs, random labels": replace(ONE_LAYER, task="random", train_size=169),
}


def companions(config: RunConfig) -> list[RunConfig]:
    """``config`` between runs of other sizes, seeds, rates and decays."""
    larger = replace(config, train_size=min(169, config.train_size + 30), seed=3)
    smaller = replace(config, train_size=60, seed=4, weight_decay=0.1, beta2=0.95)
    return [larger, config, replace(smaller, learning_rate=1e-3)]


@pytest.mark.parametrize("config", KINDS.values(), ids=KINDS.keys())
@pytest.mark.usefixtures("step")
def test_in_float64_hundreds_of_steps_agree_to_rounding(config: RunConfig) -> None:
    if config.loss_precision == "float64":
        pytest.skip("float64 throughout is the other cases")
    ensemble = Ensemble(companions(config), "cpu", dtype=torch.float64)
    ensemble.train(200)
    state = ensemble.states([1])[0]
    assert distance(train(config, 200, torch.float64), state) < 2e-7  # states are float32


@pytest.mark.parametrize("config", KINDS.values(), ids=KINDS.keys())
@pytest.mark.usefixtures("step")
def test_in_float32_single_steps_agree_to_rounding(config: RunConfig) -> None:
    ensemble = Ensemble(companions(config), "cpu")
    ensemble.train(1)
    # Adam's first step is lr · sign(gradient) whatever its size, so rounding of a gradient near
    # zero shows at the scale of lr = 3e-4 there.
    assert distance(train(config, 1, torch.float32), ensemble.states([1])[0]) < 1e-6


@pytest.mark.parametrize("config", KINDS.values(), ids=KINDS.keys())
@pytest.mark.usefixtures("step")
def test_in_float32_a_hundred_steps_agree_to_a_hundredth(config: RunConfig) -> None:
    # Most of these agree to 1e-6. But where rounding moves one ReLU across zero, or a gradient is
    # little more than rounding, Adam scales the difference up to the size of its steps: any two
    # float32 implementations part there, as far as either parts from float64.
    gentle = replace(config, learning_rate=1e-3)
    ensemble = Ensemble(companions(gentle), "cpu")
    ensemble.train(100)
    assert distance(train(gentle, 100, torch.float32), ensemble.states([1])[0]) < 1e-2


@pytest.mark.slow
@pytest.mark.parametrize("width", [4, 16, 32, 64, 100])
@pytest.mark.usefixtures("step")
def test_at_the_size_of_the_study_two_hundred_steps_agree(width: int) -> None:
    config = RunConfig(width=width, train_size=3000, seed=1)
    ensemble = Ensemble(
        [replace(config, seed=2, train_size=2000), config], "cpu", dtype=torch.float64
    )
    ensemble.train(200)
    assert distance(train(config, 200, torch.float64), ensemble.states([1])[0]) < 1e-6


@pytest.mark.parametrize("config", [ONE_LAYER, SPLIT], ids=["one layer", "split"])
@pytest.mark.usefixtures("step")
def test_an_evaluation_is_that_of_the_textbook(config: RunConfig) -> None:
    ensemble = Ensemble(companions(config), "cpu", dtype=torch.float64)
    ensemble.train(60)
    found = ensemble.evaluate([1])[0]

    model, data = train(config, 60, torch.float64), build(config)
    logits = model(torch.from_numpy(data.tokens))
    losses = functional.cross_entropy(logits, torch.from_numpy(data.labels), reduction="none")
    right = (logits.argmax(-1).numpy() == data.labels).astype(float)
    trained, others = slice(0, data.training_rows), slice(data.training_rows, None)
    model.zero_grad()
    losses[trained].mean().backward()  # type: ignore[no-untyped-call]
    each = [p for p in model.parameters() if p.grad is not None]
    squares = [float((p.grad**2).sum()) for p in each if p.grad is not None]

    assert found.train_loss == pytest.approx(losses[trained].mean().item())
    assert found.train_accuracy == right[trained].mean()
    assert found.validation_loss == pytest.approx(losses[others].mean().item())
    assert found.validation_accuracy == right[others].mean()
    assert found.parameter_norm == pytest.approx(
        float(np.sqrt(sum(float((p.detach() ** 2).sum()) for p in each)))
    )
    assert found.gradient_norm == pytest.approx(float(np.sqrt(sum(squares))))
    task, memorized = slice(0, data.task_rows), slice(data.task_rows, data.training_rows)
    if config.memorization_size:
        assert found.task_loss == pytest.approx(losses[task].mean().item())
        assert found.memorization_accuracy == right[memorized].mean()
    else:
        assert found.task_loss is found.memorization_accuracy is None


def test_without_other_pairs_there_is_no_validation_value() -> None:
    found = Ensemble([KINDS["all pairs, random labels"]], "cpu").evaluate()[0]
    assert found.validation_loss is found.validation_accuracy is None


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.usefixtures("step")
def test_saturation_is_counted_in_the_precision_of_the_loss(precision: LossPrecision) -> None:
    config = replace(ONE_LAYER, loss_precision=precision)
    ensemble = Ensemble([config], "cpu")
    ensemble.train(150)
    assert ensemble.evaluate()[0].saturated_share == 0
    state = ensemble.states()[0]
    state.tensors["unembed.W_U"] *= 40
    found = Ensemble([config], "cpu", [state]).evaluate()[0].saturated_share

    model, data = TextbookTransformer(config), build(config)
    names = model.state_dict()
    model.load_state_dict({name: torch.from_numpy(state.tensors[name]) for name in names})
    logits = model(torch.from_numpy(data.tokens[: data.training_rows])).detach().numpy()
    precise = logits.astype(precision)
    e = np.exp(precise - precise.max(1, keepdims=True))
    answer = (e / e.sum(1, keepdims=True))[np.arange(90), data.labels[:90]]
    assert found == np.mean(answer == 1) > 0


@pytest.mark.parametrize("config", [ONE_LAYER, SPLIT, KINDS["three layers, split"]])
def test_the_textbook_has_the_parameters_of_the_specification(config: RunConfig) -> None:
    model = TextbookTransformer(config)
    assert sum(p.numel() for p in model.parameters()) == parameters(config)
