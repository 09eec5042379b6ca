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
from torch import Tensor

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
    """The training rows of an ensemble's members, padded to the largest member."""

    def __init__(
        self,
        configs: Sequence[RunConfig],
        datasets: Sequence[Dataset],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._configs, self._datasets, self._device = configs, datasets, device
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

        self._batch_weight_EN = torch.zeros_like(
            self.whole.weight[:, : padded(configs[0].batch_size)]
        )
        self._batch_weight_EN[:, : configs[0].batch_size] = 1 / max(1, configs[0].batch_size)

    def at(self, step: int) -> Rows:
        """The rows of step ``step``, counted from 0."""
        size = self._configs[0].batch_size
        if not size:
            return self.whole
        chosen = np.zeros((len(self._configs), padded(size)), dtype=np.int64)
        for member, (config, data) in enumerate(zip(self._configs, self._datasets, strict=True)):
            chosen[member, :size] = batch_positions(config, data.training_rows, step)
        index_EN = torch.from_numpy(chosen).to(self._device)

        def take(all_EN: Tensor) -> Tensor:
            return all_EN.gather(1, index_EN)

        context = self.whole.tokens.shape[2]
        return Rows(
            self.whole.tokens.gather(1, index_EN[:, :, None].expand(-1, -1, context)),
            take(self.whole.labels),
            take(self.whole.part),
            self._batch_weight_EN,
        )
