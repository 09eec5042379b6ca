"""What is recorded of a run at a step, measured over all of its pairs.

Means are taken in float64 on the host, one member at a time, so that a number does not depend on
the companions of its run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from engine.training.data import Dataset

Numbers = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One point of a learning curve; the fields are columns of ``metric_log`` in the store."""

    train_loss: float  # mean cross entropy, nats
    train_accuracy: float
    validation_loss: float | None  # None without validation pairs
    validation_accuracy: float | None
    task_loss: float | None  # of a mixture: training pairs of the task; None otherwise
    task_accuracy: float | None
    memorization_loss: float | None
    memorization_accuracy: float | None
    parameter_norm: float
    gradient_norm: float  # of the mean loss over the whole training set
    saturated_share: float  # training rows whose answer has a softmax probability of exactly 1


def row_losses(
    logits_ENP: Tensor, labels_EN: Tensor, precision: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Cross entropy [E, N] in ``precision``, and whether the answer is right [E, N].

    A loss of exactly 0 is a probability of exactly 1: softmax has saturated there
    (Prieto et al. 2025, arXiv 2501.04697).
    """
    precise_ENP = logits_ENP.to(torch.promote_types(precision, logits_ENP.dtype))
    losses = functional.cross_entropy(
        precise_ENP.flatten(0, 1), labels_EN.flatten(), reduction="none"
    )
    return losses.view_as(labels_EN), logits_ENP.argmax(-1) == labels_EN


def summarize(
    data: Dataset,
    losses_N: Numbers,
    right_N: Flags,
    parameter_norm: float,
    gradient_norm: float,
) -> Evaluation:
    """The evaluation of one run from the loss and the correctness of each row of its data set."""
    trained = slice(0, data.training_rows)
    task = slice(0, data.task_rows)
    memorized = slice(data.task_rows, data.training_rows)
    others = slice(data.training_rows, len(data.labels))
    mixture = data.memorization_rows > 0

    def loss(rows: slice) -> float:
        return float(np.mean(losses_N[rows], dtype=np.float64))

    def accuracy(rows: slice) -> float:
        return int(np.count_nonzero(right_N[rows])) / len(right_N[rows])

    validated = others.start < others.stop
    return Evaluation(
        train_loss=loss(trained),
        train_accuracy=accuracy(trained),
        validation_loss=loss(others) if validated else None,
        validation_accuracy=accuracy(others) if validated else None,
        task_loss=loss(task) if mixture else None,
        task_accuracy=accuracy(task) if mixture else None,
        memorization_loss=loss(memorized) if mixture else None,
        memorization_accuracy=accuracy(memorized) if mixture else None,
        parameter_norm=parameter_norm,
        gradient_norm=gradient_norm,
        saturated_share=float(np.mean(losses_N[trained] == 0)),
    )


def norms(flat_EF: Tensor, members: Sequence[int]) -> list[float]:
    """The Euclidean norms of the rows of ``members``, summed in float64 on the host."""
    return [
        float(np.sqrt(np.sum(np.square(flat_EF[member].cpu().numpy(), dtype=np.float64))))
        for member in members
    ]
