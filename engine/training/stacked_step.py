"""The step in PyTorch: any depth, any device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from engine.specification.sizes import classes
from engine.training import general, one_layer
from engine.training.batches import Batches
from engine.training.evaluation import Flags, Numbers, row_losses
from engine.training.optimizer import AdamW
from engine.training.step import Members

CHUNK_BYTES = 64 * 2**20  # of activations that one chunk of an evaluation may need
LEAST_CHUNK = 256  # rows


class StackedStep:
    """Trains all members at once; see :class:`engine.training.step.Step`."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._shape = members.configs[0]
        self._device = members.flat.device
        self._views = members.layout.views(members.flat)
        self._gradient_views = members.layout.views(members.gradient)
        self._batches = Batches(members.configs, members.datasets, self._device, members.flat.dtype)
        self._optimizer = AdamW(members.configs)
        # by hand where one layer is all there is; autocast to bf16 is made for autograd
        by_hand = self._shape.depth == 1 and self._shape.precision != "bf16"
        self._table = one_layer.table(self._shape, self._device) if by_hand else None

    def train(self, step: int, until: int) -> None:
        """Take the optimizer steps after ``step`` up to ``until``, in place."""
        with self._precision():
            for done in range(step, until):
                rows = self._batches.at(done)
                self._write_gradient(rows)
                self._optimizer.update(
                    done + 1,
                    self._members.flat,
                    self._members.gradient,
                    self._members.exp_avg,
                    self._members.exp_avg_sq,
                )

    def differentiate(self, members: Sequence[int]) -> None:
        """Write the gradients of all members: they are computed together anyway."""
        with self._precision():
            self._write_gradient(self._batches.whole)

    def measure(self, members: Sequence[int]) -> list[tuple[Numbers, Flags]]:
        """For each of ``members`` the loss of every row, and whether its answer is right."""
        with torch.no_grad(), self._precision():
            return [self._measure(member) for member in members]

    def _write_gradient(self, rows: general.Rows) -> None:
        views, gradient = self._views, self._gradient_views
        if self._table is None:
            general.write_gradient(views, gradient, self._shape, rows)
        else:
            one_layer.write_gradient(views, gradient, self._shape, self._table, rows)

    def _logits(self, views: general.Views, tokens_ENC: Tensor, part_EN: Tensor) -> Tensor:
        if self._table is None:
            return general.logits(views, self._shape, tokens_ENC, part_EN)
        return one_layer.forward(views, self._shape, self._table, tokens_ENC, part_EN)[0]

    def _measure(self, member: int) -> tuple[Numbers, Flags]:
        """In chunks that the shape alone decides, so that companions change no bit."""
        config, data = self._members.configs[member], self._members.datasets[member]
        views = {name: view[member : member + 1] for name, view in self._views.items()}
        precision = torch.float64 if config.loss_precision == "float64" else torch.float32
        numbers_a_row = data.tokens.shape[1] * 12 * config.width + 3 * classes(config)
        rows_a_chunk = max(LEAST_CHUNK, CHUNK_BYTES // (4 * numbers_a_row))
        losses, right = [], []
        for start in range(0, len(data.labels), rows_a_chunk):
            chunk = slice(start, start + rows_a_chunk)
            tokens, part, labels = (
                torch.from_numpy(array[chunk]).to(self._device)[None]
                for array in (data.tokens, data.part, data.labels)
            )
            logits_1NP = self._logits(views, tokens, part)
            losses_1N, right_1N = row_losses(logits_1NP, labels, precision)
            losses.append(losses_1N[0].cpu().numpy())
            right.append(right_1N[0].cpu().numpy())
        return np.concatenate(losses), np.concatenate(right)

    @contextmanager
    def _precision(self) -> Iterator[None]:
        """Matrix products in the precision of the members, while inside."""
        precision = self._shape.precision
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        try:
            with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
                yield
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before
