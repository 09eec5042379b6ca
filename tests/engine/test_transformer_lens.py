"""A checkpoint is what interpretability tools expect: TransformerLens loads it as it is.

Needs the extra ``interpretability``; without it the shapes are checked against its documentation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.specification.config import RunConfig
from engine.textbook import TextbookTransformer
from engine.training.data import build
from engine.training.ensemble import Ensemble
from store.checkpoints import NewCheckpoint, read_checkpoint, write_checkpoints
from store.layout import StoreLayout

CONFIGS = {
    "one layer": RunConfig(modulus=13, width=16, train_size=80, learning_rate=3e-3),
    "three layers": RunConfig(modulus=13, width=16, train_size=80, depth=3),
    "a mixture": RunConfig(modulus=13, width=16, train_size=80, memorization_size=40),
}


@pytest.fixture(params=CONFIGS, ids=list(CONFIGS))
def checkpoint(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[RunConfig, dict[str, torch.Tensor]]:
    """A trained run's weights, as they come out of a checkpoint file."""
    config = CONFIGS[request.param]
    ensemble = Ensemble([config], "cpu")
    ensemble.train(30)
    layout = StoreLayout(tmp_path)
    layout.create()
    (state,) = ensemble.states()
    (written,) = write_checkpoints(layout, [NewCheckpoint(1, 1, 30, state.tensors, {})])
    tensors, _ = read_checkpoint(tmp_path / written.path)
    weights = {k: torch.from_numpy(np.asarray(v)) for k, v in tensors.items() if "adam" not in k}
    return config, weights


def test_names_and_shapes_are_the_documented_ones(
    checkpoint: tuple[RunConfig, dict[str, torch.Tensor]],
) -> None:
    config, weights = checkpoint
    d, heads, head = config.width, config.heads, config.width // config.heads
    mixture = config.memorization_size > 0
    expected: dict[str, tuple[int, ...]] = {
        "embed.W_E": (config.modulus + (3 if mixture else 1), d),
        "pos_embed.W_pos": (4 if mixture else 3, d),
        "unembed.W_U": (d, config.modulus),
    }
    for layer in range(config.depth):
        block = f"blocks.{layer}"
        for name in ("W_Q", "W_K", "W_V"):
            expected[f"{block}.attn.{name}"] = (heads, d, head)
        expected[f"{block}.attn.W_O"] = (heads, head, d)
        expected[f"{block}.mlp.W_in"] = (d, 4 * d)
        expected[f"{block}.mlp.b_in"] = (4 * d,)
        expected[f"{block}.mlp.W_out"] = (4 * d, d)
        expected[f"{block}.mlp.b_out"] = (d,)
    assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == expected


def test_transformer_lens_gives_the_same_logits(
    checkpoint: tuple[RunConfig, dict[str, torch.Tensor]],
) -> None:
    lens: Any = pytest.importorskip("transformer_lens", reason="extra 'interpretability'")
    config, weights = checkpoint
    data = build(config)
    model = lens.HookedTransformer(
        lens.HookedTransformerConfig(
            n_layers=config.depth,
            d_model=config.width,
            n_ctx=data.tokens.shape[1],
            d_head=config.width // config.heads,
            n_heads=config.heads,
            d_mlp=4 * config.width,
            d_vocab=weights["embed.W_E"].shape[0],
            d_vocab_out=weights["unembed.W_U"].shape[1],
            act_fn="relu",
            normalization_type=None,
        )
    )
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected
    assert all(name.rpartition(".")[2][:2] in ("b_", "ma", "IG") for name in missing)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in missing:
                parameter.zero_()  # biases that our model does not have
        tokens = torch.from_numpy(data.tokens)
        ours = TextbookTransformer(config)
        ours.load_state_dict(weights)
        torch.testing.assert_close(model(tokens)[:, -1], ours(tokens), atol=1e-5, rtol=1e-4)
