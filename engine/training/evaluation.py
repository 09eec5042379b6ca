"""What is recorded of a run at a step, measured over all of its pairs.

Sums are taken in float64, on the CPU one member at a time, so that a number does not depend on the
companions of its run.
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

MEASURED = 11  # numbers of a member: three sums over each of three segments, two norms


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


def segment_ends(data: Dataset) -> tuple[int, int, int]:
    """Where the segments of a data set end: pairs of the task, memorized ones, validation."""
    return data.task_rows, data.training_rows, len(data.labels)


def segment_sums(data: Dataset, losses_N: Numbers, right_N: Flags) -> list[float]:
    """Over each segment: summed losses; right answers; losses of exactly 0. Nine numbers."""
    ends = segment_ends(data)
    segments = [slice(start, end) for start, end in zip((0, *ends[:-1]), ends, strict=True)]
    return [
        float(np.sum(numbers_N[segment], dtype=np.float64))
        for numbers_N in (losses_N, right_N, losses_N == 0)
        for segment in segments
    ]


def evaluation(data: Dataset, measured: Numbers) -> Evaluation:
    """From the nine :func:`segment_sums` and the norms of parameters and gradient, in float64."""
    losses, right, saturated = measured[:9].reshape(3, 3).tolist()
    counts = (data.task_rows, data.memorization_rows, len(data.labels) - data.training_rows)
    rows = data.training_rows

    def over(sums: list[float], segment: int) -> float | None:
        return sums[segment] / counts[segment] if counts[segment] else None

    mixture = data.memorization_rows > 0
    return Evaluation(
        train_loss=(losses[0] + losses[1]) / rows,
        train_accuracy=(right[0] + right[1]) / rows,
        validation_loss=over(losses, 2),
        validation_accuracy=over(right, 2),
        task_loss=over(losses, 0) if mixture else None,
        task_accuracy=over(right, 0) if mixture else None,
        memorization_loss=over(losses, 1),
        memorization_accuracy=over(right, 1),
        parameter_norm=float(measured[9]),
        gradient_norm=float(measured[10]),
        saturated_share=(saturated[0] + saturated[1]) / rows,
    )


def norms(flat_EF: Tensor, members: Sequence[int]) -> list[float]:
    """The Euclidean norms of the rows of ``members``, summed in float64 on the host."""
    return [
        float(np.sqrt(np.sum(np.square(flat_EF[member].cpu().numpy(), dtype=np.float64))))
        for member in members
    ]
