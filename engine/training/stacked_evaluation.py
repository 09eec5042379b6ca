"""Evaluations of many members at once: for devices that idle over a single one.

Losses are summed on the device in float64, and all numbers are read by the host together. It has
not run on a GPU yet; on the CPU it agrees with the evaluation of one member at a time.

Shapes in names: m members at a time, A rows of the largest data set, S = 3 segments of a data set:
training pairs of the task, memorized pairs, validation pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from engine.specification.config import RunConfig
from engine.specification.sizes import classes, context
from engine.training.evaluation import Numbers, row_losses, segment_ends
from engine.training.step import Members

AT_ONCE_BYTES = 512 * 2**20  # of activations; more would make no GPU faster
LEAST_ROWS = 256

Logits = Callable[[dict[str, Tensor], Tensor, Tensor], Tensor]


def loss_precision(config: RunConfig) -> torch.dtype:
    """In which losses are taken."""
    return torch.float64 if config.loss_precision == "float64" else torch.float32


def rows_within(size: int, config: RunConfig) -> int:
    """Rows of one member whose evaluation needs about ``size`` bytes."""
    numbers_a_row = context(config) * 12 * config.width + 3 * classes(config)
    return max(LEAST_ROWS, size // (4 * numbers_a_row))


class StackedEvaluation:
    """Evaluates members of an ensemble, whose data it keeps on their device."""

    def __init__(self, members: Members, logits: Logits) -> None:
        self._members, self._logits = members, logits
        datasets = members.datasets
        longest = max(len(data.labels) for data in datasets)

        def stacked(arrays: Sequence[np.ndarray]) -> Tensor:  # padding rows are all zeros
            whole = np.zeros((len(arrays), longest, *arrays[0].shape[1:]), dtype=np.int64)
            for row, array in zip(whole, arrays, strict=True):
                row[: len(array)] = array
            return torch.from_numpy(whole).to(members.flat.device)

        self._tokens_EAC = stacked([data.tokens for data in datasets])
        self._labels_EA = stacked([data.labels for data in datasets])
        self._part_EA = stacked([data.part for data in datasets])
        ends = [segment_ends(data) for data in datasets]
        self._ends_ES = torch.tensor(ends, device=members.flat.device)

    def measure(self, chosen: Sequence[int]) -> Numbers:
        """See :meth:`engine.training.step.Step.measure`; the gradients are there already."""
        members = self._members
        rows = rows_within(AT_ONCE_BYTES, members.configs[0])
        at_once = max(1, rows // self._labels_EA.shape[1])
        index_E = torch.tensor(list(chosen), device=members.flat.device)
        sums = torch.cat([self._sums(index_m, rows) for index_m in torch.split(index_E, at_once)])
        norms = torch.stack(
            [
                torch.linalg.vector_norm(buffer_EF[index_E], dim=1, dtype=torch.float64)
                for buffer_EF in (members.flat, members.gradient)
            ],
            dim=1,
        )
        measured: Numbers = torch.cat([sums.flatten(1), norms], dim=1).cpu().numpy()
        return measured

    def _sums(self, index_m: Tensor, rows: int) -> Tensor:
        """For each segment of each member: summed losses, right answers, losses of 0 [m, 3, S]."""
        config = self._members.configs[0]
        views = self._members.layout.views(self._members.flat[index_m])
        tokens_mAC, part_mA = self._tokens_EAC[index_m], self._part_EA[index_m]
        labels_mA = self._labels_EA[index_m]
        losses, right = [], []
        for start in range(0, labels_mA.shape[1], rows):
            chunk = slice(start, start + rows)
            logits_mNP = self._logits(views, tokens_mAC[:, chunk], part_mA[:, chunk])
            losses_mN, right_mN = row_losses(
                logits_mNP, labels_mA[:, chunk], loss_precision(config)
            )
            losses.append(losses_mN)
            right.append(right_mN)
        losses_mA, right_mA = torch.cat(losses, dim=1), torch.cat(right, dim=1)
        ends_mS1 = self._ends_ES[index_m][:, :, None]
        starts_mS1 = torch.nn.functional.pad(ends_mS1[:, :-1], (0, 0, 1, 0))
        place_A = torch.arange(labels_mA.shape[1], device=labels_mA.device)
        inside_mSA = (place_A >= starts_mS1) & (place_A < ends_mS1)
        # chosen, not multiplied: what is not finite stays in its segment
        return torch.stack(
            [
                torch.where(inside_mSA, numbers_mA.double()[:, None], 0.0).sum(2)
                for numbers_mA in (losses_mA, right_mA, losses_mA == 0)
            ],
            dim=1,
        )
