"""The independent reference: the textbook module, autograd and PyTorch's own AdamW, one run."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch.nn import functional

from engine.specification.config import RunConfig
from engine.textbook import TextbookTransformer
from engine.training.batches import batch_positions
from engine.training.data import build
from engine.training.ensemble import RunState


def train(config: RunConfig, steps: int, dtype: torch.dtype) -> TextbookTransformer:
    """The textbook model of ``config`` after ``steps`` steps from its initial weights."""
    model = TextbookTransformer(config).to(dtype)
    data = build(config)
    tokens, labels = torch.from_numpy(data.tokens), torch.from_numpy(data.labels)
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        weight_decay=config.weight_decay,
    )
    for step, following in pairwise(range(steps + 1)):
        rows = torch.arange(data.training_rows)
        if config.batch_size:
            rows = torch.from_numpy(batch_positions(config, data.training_rows, step))
        warm = min(1.0, following / max(1, config.warmup_steps))
        optimizer.param_groups[0]["lr"] = config.learning_rate * warm
        logits = model(tokens[rows])
        if config.loss_precision == "float64":
            logits = logits.double()
        optimizer.zero_grad()
        functional.cross_entropy(logits, labels[rows]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return model


def distance(model: TextbookTransformer, state: RunState) -> float:
    """The largest difference of a weight."""
    return max(
        float(np.abs(state.tensors[name] - value.detach().numpy()).max())
        for name, value in model.state_dict().items()
    )


def same_bits(one: RunState, other: RunState) -> bool:
    """Whether two states are equal in every bit, moments included."""
    return (
        one.step == other.step
        and one.tensors.keys() == other.tensors.keys()
        and all(
            one.tensors[name].tobytes() == other.tensors[name].tobytes() for name in one.tensors
        )
    )
