"""Which rows each member trains on at a step.

Full batch: all of them, always. Mini-batches of B: step t, counted from 0, takes positions
tB … (t+1)B of the endless concatenation of one permutation per epoch. An epoch's permutation is
drawn from (seed, epoch) alone, so that a resumed run needs no state and no history.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch

from engine.specification.config import RunConfig
from engine.training.data import Dataset, Integers
from engine.training.general import Rows
from engine.training.randomness import Stream, generator

ROW_ALIGNMENT = 16
"""Rows of a member come in multiples of this, so that every member starts on a cache line in every
tensor: the bits of MKL's products depend on the alignment of their operands."""

LEAST_ROWS = 384
"""Whole training sets are padded to at least this many rows: MKL sums a shorter contraction in
another order than the same rows with zeros behind them (measured with MKL 2024.2, AVX-512)."""

ORDER_BYTES = 16 * 2**20  # of mini-batch rows that are drawn ahead


def padded(rows: int, unit: int = ROW_ALIGNMENT) -> int:
    """The least multiple of ``unit`` that holds ``rows``."""
    return -(-rows // unit) * unit


def batch_positions(config: RunConfig, training_rows: int, step: int) -> Integers:
    """Rows [B] of the training set that step ``step``, counted from 0, takes."""
    positions = np.arange(step * config.batch_size, (step + 1) * config.batch_size)
    epochs, places = np.divmod(positions, training_rows)
    rows = np.empty_like(positions)
    for epoch in np.unique(epochs).tolist():
        now = epochs == epoch
        rows[now] = _permutation(config.seed, epoch, training_rows)[places[now]]
    return rows


@lru_cache(maxsize=256)
def _permutation(seed: int, epoch: int, rows: int) -> Integers:
    return generator(seed, Stream.EPOCHS, epoch).permutation(rows)


class Batches:
    """The training rows of an ensemble's members, padded to the largest member.

    Mini-batches are drawn ahead into a buffer on the device, from which each step takes the next,
    so that a step is always the same operations on the same memory.
    """

    def __init__(
        self,
        configs: Sequence[RunConfig],
        datasets: Sequence[Dataset],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._configs, self._datasets = configs, datasets
        longest = padded(max(LEAST_ROWS, *(data.training_rows for data in datasets)))
        context = datasets[0].tokens.shape[1]
        tokens = np.zeros((len(configs), longest, context), dtype=np.int64)
        labels = np.zeros((len(configs), longest), dtype=np.int64)
        part = np.zeros((len(configs), longest), dtype=np.int64)
        weight = np.zeros((len(configs), longest))
        for member, data in enumerate(datasets):
            rows = data.training_rows
            tokens[member] = data.tokens[0]  # padding rows repeat a real one
            tokens[member, :rows] = data.tokens[:rows]
            labels[member, :rows] = data.labels[:rows]
            part[member, :rows] = data.part[:rows]
            weight[member, :rows] = 1 / rows
        self.whole = Rows(
            torch.from_numpy(tokens).to(device),
            torch.from_numpy(labels).to(device),
            torch.from_numpy(part).to(device),
            torch.from_numpy(weight).to(dtype).to(device),
        )
        size = self._size = configs[0].batch_size
        if size:
            steps = max(1, ORDER_BYTES // (8 * len(configs) * padded(size)))
            drawn = (steps, len(configs), padded(size))
            self._order_SEB = torch.empty(drawn, dtype=torch.int64, device=device)
            self._place_1 = torch.zeros(1, dtype=torch.int64, device=device)
            self._weight_EB = torch.zeros(drawn[1:], dtype=dtype, device=device)
            self._weight_EB[:, :size] = 1 / size

    def draw(self, step: int, until: int) -> int:
        """Draw what steps from ``step`` on, counted from 0, take.

        Returns:
            The number of steps that can be taken now, at most up to ``until``.
        """
        if not self._size:
            return until - step
        steps = min(until - step, len(self._order_SEB))
        order = np.zeros((steps, *self._order_SEB.shape[1:]), dtype=np.int64)
        for member, (config, data) in enumerate(zip(self._configs, self._datasets, strict=True)):
            for ahead in range(steps):
                rows = batch_positions(config, data.training_rows, step + ahead)
                order[ahead, member, : self._size] = rows
        self._order_SEB[:steps].copy_(torch.from_numpy(order))
        self._place_1.zero_()
        return steps

    def take(self) -> Rows:
        """The rows of the next step that was drawn."""
        if not self._size:
            return self.whole
        index_EB = self._order_SEB.index_select(0, self._place_1)[0]
        self._place_1.add_(1)
        context = self.whole.tokens.shape[2]
        return Rows(
            self.whole.tokens.gather(1, index_EB[:, :, None].expand(-1, -1, context)),
            self.whole.labels.gather(1, index_EB),
            self.whole.part.gather(1, index_EB),
            self._weight_EB,
        )
