"""The gradients derived by hand are those of autograd on the textbook, for any shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from engine.specification.config import RunConfig
from engine.textbook import TextbookTransformer
from engine.training.data import build
from engine.training.ensemble import Ensemble, RunState


@st.composite
def one_layer(draw: st.DrawFn) -> RunConfig:
    modulus, heads = draw(st.integers(2, 31)), draw(st.integers(1, 5))
    mixture = draw(st.booleans())
    return RunConfig(
        modulus=modulus,
        train_size=draw(st.integers(1, modulus**2)),
        memorization_size=draw(st.integers(1, modulus**2)) if mixture else 0,
        width=heads * draw(st.integers(1, 9)),
        heads=heads,
        feed_forward=draw(st.sampled_from(["dense", "split"])) if mixture else "dense",
        loss_precision=draw(st.sampled_from(["float32", "float64"])),
        seed=draw(st.integers(0, 1000)),
    )


def textbook_gradients(config: RunConfig, scale: float) -> dict[str, Any]:
    """Of the mean loss at ``scale`` times the initial weights, in float64."""
    model, data = TextbookTransformer(config).double(), build(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
    rows = slice(0, data.training_rows)
    logits = model(torch.from_numpy(data.tokens[rows]))
    loss = functional.cross_entropy(logits, torch.from_numpy(data.labels[rows]))
    loss.backward()  # type: ignore[no-untyped-call]
    return {n: p.grad.numpy() for n, p in model.named_parameters() if p.grad is not None}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(one_layer(), st.sampled_from([0.5, 1.0, 2.0]))
@pytest.mark.usefixtures("step")
def test_a_gradient_by_hand_is_that_of_the_textbook(config: RunConfig, scale: float) -> None:
    """Seen through Adam's first moment, (1 - beta1) times the gradient after one step."""
    start = Ensemble([config], "cpu").states()[0].tensors
    scaled = RunState(
        0, {n: t * np.float32(0 if n.startswith("adam.") else scale) for n, t in start.items()}
    )
    ensemble = Ensemble([config], "cpu", [scaled], dtype=torch.float64)
    ensemble.train(1)
    state = ensemble.states()[0]
    gradients = textbook_gradients(config, scale)
    largest = max(np.abs(expected).max() for expected in gradients.values())
    for name, expected in gradients.items():
        found = state.tensors["adam.exp_avg." + name] / (1 - config.beta1)  # rounded to float32
        # where attention is hard, gradients of W_Q and W_K are what is left of larger terms
        within = 1e-6 * np.abs(expected).max() + 1e-10 * largest + 1e-12
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=within)


@pytest.mark.usefixtures("step")
def test_attention_that_is_nearly_hard_stays_exact() -> None:
    """Scores far apart, where e to the score alone would overflow float32."""
    config = RunConfig(modulus=13, train_size=100, width=8, heads=2)
    state = Ensemble([config], "cpu").states()[0]
    state.tensors["blocks.0.attn.W_Q"] *= -100
    ensemble = Ensemble([config], "cpu", [state])
    model, data = TextbookTransformer(config).double(), build(config)
    weights = {name: torch.from_numpy(state.tensors[name]) for name in model.state_dict()}
    model.load_state_dict(weights)
    tokens = torch.from_numpy(data.tokens)
    x = model.pos_embed(model.embed(tokens))
    W_Q, W_K = (weights[f"blocks.0.attn.{name}"].double() for name in ("W_Q", "W_K"))
    scores = torch.einsum("nd,hdk,ncj,hjk->nhc", x[:, -1], W_Q, x, W_K) / 2
    assert (scores.amax(-1) - scores[..., -1]).max() > 90
    losses = functional.cross_entropy(
        model(tokens), torch.from_numpy(data.labels), reduction="none"
    )
    found = ensemble.evaluate()[0]
    assert found.train_loss == pytest.approx(losses[:100].mean().item(), rel=1e-5)
    assert found.validation_loss == pytest.approx(losses[100:].mean().item(), rel=1e-5)
