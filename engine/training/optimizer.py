"""AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) on flat buffers of many runs.

PyTorch's own fused kernel, as ``torch.optim.AdamW(fused=True)`` calls it: members of equal learning
rate, decay and betas share a call, and each keeps its own row. Decay applies to all parameters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.specification.config import RunConfig

EPSILON = 1e-8


def learning_rate(config: RunConfig, step: int) -> float:
    """The learning rate of optimizer step ``step``, from 1: linear warm-up, then constant."""
    return config.learning_rate * min(1.0, step / max(1, config.warmup_steps))


class AdamW:
    """The optimizer of an ensemble: updates rows of [E, F] buffers in place."""

    def __init__(self, configs: Sequence[RunConfig]) -> None:
        members: defaultdict[tuple[float | int, ...], list[int]] = defaultdict(list)
        for index, c in enumerate(configs):
            rate = (c.learning_rate, c.warmup_steps)
            members[(*rate, c.weight_decay, c.beta1, c.beta2)].append(index)
        self._groups = [(configs[group[0]], group) for group in members.values()]

    def update(
        self, step: int, flat_EF: Tensor, gradient_EF: Tensor, exp_avg_EF: Tensor, sq_EF: Tensor
    ) -> None:
        """Optimizer step number ``step``, from 1: parameters and both moments, in place."""
        count = torch.tensor(float(step), device=flat_EF.device)
        for config, group in self._groups:
            whole = len(group) == len(flat_EF)

            def rows(
                buffer_EF: Tensor, group: list[int] = group, whole: bool = whole
            ) -> list[Tensor]:
                return [buffer_EF] if whole else [buffer_EF[index] for index in group]

            torch._fused_adamw_(
                rows(flat_EF),
                rows(gradient_EF),
                rows(exp_avg_EF),
                rows(sq_EF),
                [],
                [count] if whole else [count] * len(group),
                lr=learning_rate(config, step),
                beta1=config.beta1,
                beta2=config.beta2,
                weight_decay=config.weight_decay,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
            )
