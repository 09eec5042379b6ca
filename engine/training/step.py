"""What a training step is given, and what it does: two of them exist, in C++ and in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from engine.specification.config import RunConfig
from engine.training.data import Dataset
from engine.training.evaluation import Numbers
from engine.training.layout import Layout


@dataclass(slots=True)
class Members:
    """The runs of an ensemble: E configurations and data sets, and stacked flat buffers [E, F]."""

    configs: list[RunConfig]
    datasets: list[Dataset]
    layout: Layout
    flat: Tensor  # parameters
    exp_avg: Tensor  # Adam's first moment
    exp_avg_sq: Tensor  # and second
    gradient: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.gradient = torch.zeros_like(self.flat)

    def only(self, members: Sequence[int]) -> Members:
        """Copies of some of them, in this order."""
        chosen = list(members)
        return Members(
            [self.configs[member] for member in chosen],
            [self.datasets[member] for member in chosen],
            self.layout,
            self.flat[chosen],
            self.exp_avg[chosen],
            self.exp_avg_sq[chosen],
        )


class Step(Protocol):
    """Works on the buffers of the members it was made for."""

    def train(self, step: int, until: int) -> None:
        """Take the optimizer steps after ``step`` up to ``until``, in place."""

    def measure(self, members: Sequence[int]) -> Numbers:
        """Measure members over all of their rows, at the current weights.

        Writes the gradients of their mean loss over the whole training set, and returns float64
        [members, 11]: what :func:`engine.training.evaluation.evaluation` makes curves of.
        """
