"""AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) on flat buffers of many runs.

PyTorch's own fused kernel, as ``torch.optim.AdamW(fused=True)`` calls it: members of equal learning
rate, decay and betas share a call, and each keeps its own row. Decay applies to all parameters.

The number of the step and the learning rate that follows from it (linear warm-up, then constant)
are tensors on the device, so that an update is always the same operations on the same memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.specification.config import RunConfig

EPSILON = 1e-8


class _Group(NamedTuple):
    """Members that share a call: their rows of the four buffers, their rate, and what is fixed."""

    parameters: list[Tensor]
    gradients: list[Tensor]
    exp_avgs: list[Tensor]
    exp_avg_sqs: list[Tensor]
    counts: list[Tensor]
    rate: Tensor
    config: RunConfig


class AdamW:
    """The optimizer of an ensemble: updates rows of [E, F] buffers in place."""

    def __init__(
        self,
        configs: Sequence[RunConfig],
        flat_EF: Tensor,
        gradient_EF: Tensor,
        exp_avg_EF: Tensor,
        exp_avg_sq_EF: Tensor,
    ) -> None:
        members: defaultdict[tuple[float | int, ...], list[int]] = defaultdict(list)
        for index, c in enumerate(configs):
            rate = (c.learning_rate, c.warmup_steps)
            members[(*rate, c.weight_decay, c.beta1, c.beta2)].append(index)
        first = [configs[group[0]] for group in members.values()]
        device = flat_EF.device
        # kernels on other devices read a rate of float32
        precise = torch.float64 if device.type == "cpu" else torch.float32

        def one_a_group(values: list[float]) -> Tensor:
            return torch.tensor(values, dtype=precise, device=device)

        self._peak_G = one_a_group([c.learning_rate for c in first])
        self._warmup_G = one_a_group([max(1, c.warmup_steps) for c in first])
        self._rate_G = torch.zeros_like(self._peak_G)
        self._count = torch.zeros((), device=device)  # float32 is exact up to 16 million steps
        self._groups = []
        for index, (config, group) in enumerate(zip(first, members.values(), strict=True)):
            whole = len(group) == len(configs)

            def rows(
                buffer_EF: Tensor, group: list[int] = group, whole: bool = whole
            ) -> list[Tensor]:
                return [buffer_EF] if whole else [buffer_EF[member] for member in group]

            self._groups.append(
                _Group(
                    rows(flat_EF),
                    rows(gradient_EF),
                    rows(exp_avg_EF),
                    rows(exp_avg_sq_EF),
                    [self._count] * (1 if whole else len(group)),
                    self._rate_G[index],
                    config,
                )
            )

    def begin(self, step: int) -> None:
        """Say that ``step`` steps have been taken so far."""
        self._count.fill_(step)

    def update(self) -> None:
        """Take the next step: parameters and both moments, in place."""
        self._count.add_(1)
        torch.div(self._count, self._warmup_G, out=self._rate_G)
        self._rate_G.clamp_(max=1).mul_(self._peak_G)
        for group in self._groups:
            torch._fused_adamw_(
                group.parameters,
                group.gradients,
                group.exp_avgs,
                group.exp_avg_sqs,
                [],
                group.counts,
                lr=group.rate,
                beta1=group.config.beta1,
                beta2=group.config.beta2,
                weight_decay=group.config.weight_decay,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
            )
