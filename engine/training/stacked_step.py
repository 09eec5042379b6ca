"""The step in PyTorch: any depth, any device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from engine.training import general, one_layer
from engine.training.batches import Batches
from engine.training.cuda_graph import Capture, Repetition, capture_on
from engine.training.evaluation import Numbers, norms, row_losses, segment_sums
from engine.training.optimizer import AdamW
from engine.training.stacked_evaluation import StackedEvaluation, loss_precision, rows_within
from engine.training.step import Members

CHUNK_BYTES = 64 * 2**20  # of activations that one chunk of an evaluation may need


class StackedStep:
    """Trains all members at once; see :class:`engine.training.step.Step`.

    Args:
        members: whose buffers it works on.
        capture: how steps are repeated; None: the fastest way on this device.
    """

    def __init__(self, members: Members, capture: Capture | None = None) -> None:
        self._members = members
        self._device = members.flat.device
        self._work = _Work(members)
        self._repetition = Repetition(self._work.step, capture or capture_on(self._device))
        self._evaluation: StackedEvaluation | None = None

    def train(self, step: int, until: int) -> None:
        """Take the optimizer steps after ``step`` up to ``until``, in place."""
        with self._precision():
            self._work.optimizer.begin(step)
            while step < until:
                drawn = self._work.batches.draw(step, until)
                self._repetition.run(drawn)
                step += drawn
        if self._device.type != "cpu":  # so that who measures time measures the work
            torch.accelerator.synchronize(self._device)

    def measure(self, members: Sequence[int]) -> Numbers:
        """See :meth:`engine.training.step.Step.measure`."""
        if self._device.type == "cuda":
            return self.measure_at_once(members)
        self._differentiate()
        with torch.no_grad(), self._precision():
            sums = [self._sums(member) for member in members]
        both = (norms(buffer, members) for buffer in (self._members.flat, self._members.gradient))
        return np.column_stack([sums, *both])

    def measure_at_once(self, members: Sequence[int]) -> Numbers:
        """Measure ``members`` together on the device: their company may change the rounding."""
        self._differentiate()
        if self._evaluation is None:
            self._evaluation = StackedEvaluation(self._members, self._work.logits)
        with torch.no_grad(), self._precision():
            return self._evaluation.measure(members)

    def _differentiate(self) -> None:
        """Write the gradients of all members: they are computed together anyway."""
        with self._precision():
            self._work.write_gradient(self._work.batches.whole)

    def _sums(self, member: int) -> list[float]:
        """In chunks that the shape alone decides, so that companions change no bit."""
        config, data = self._members.configs[member], self._members.datasets[member]
        views = self._members.layout.views(self._members.flat[member : member + 1])
        rows_a_chunk = rows_within(CHUNK_BYTES, config)
        losses, right = [], []
        for start in range(0, len(data.labels), rows_a_chunk):
            chunk = slice(start, start + rows_a_chunk)
            tokens, part, labels = (
                torch.from_numpy(array[chunk]).to(self._device)[None]
                for array in (data.tokens, data.part, data.labels)
            )
            logits_1NP = self._work.logits(views, tokens, part)
            losses_1N, right_1N = row_losses(logits_1NP, labels, loss_precision(config))
            losses.append(losses_1N[0].cpu().numpy())
            right.append(right_1N[0].cpu().numpy())
        return segment_sums(data, np.concatenate(losses), np.concatenate(right))

    @contextmanager
    def _precision(self) -> Iterator[None]:
        """Matrix products of float32 in the precision of the members, while inside."""
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = self._members.configs[0].precision == "tf32"
        try:
            yield
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before


class _Work:
    """One step: always the same operations on the same memory, and no look at a number."""

    def __init__(self, members: Members) -> None:
        self._shape = members.configs[0]
        self._views = members.layout.views(members.flat)
        self._gradient_views = members.layout.views(members.gradient)
        device = members.flat.device
        self.batches = Batches(members.configs, members.datasets, device, members.flat.dtype)
        self.optimizer = AdamW(
            members.configs, members.flat, members.gradient, members.exp_avg, members.exp_avg_sq
        )
        # by hand where one layer is all there is; autocast to bf16 is made for autograd
        by_hand = self._shape.depth == 1 and self._shape.precision != "bf16"
        self._table = one_layer.table(self._shape, device) if by_hand else None

    def step(self) -> None:
        """Take the next step of all members, in place."""
        self.write_gradient(self.batches.take())
        self.optimizer.update()

    def write_gradient(self, rows: general.Rows) -> None:
        """Write the gradient of every member's mean loss over ``rows``."""
        views, gradient = self._views, self._gradient_views
        if self._table is None:
            general.write_gradient(views, gradient, self._shape, rows)
        else:
            one_layer.write_gradient(views, gradient, self._shape, self._table, rows)

    def logits(self, views: general.Views, tokens_ENC: Tensor, part_EN: Tensor) -> Tensor:
        """Logits [E, N, P] of models with the weights ``views``."""
        if self._table is None:
            return general.logits(views, self._shape, tokens_ENC, part_EN)
        return one_layer.forward(views, self._shape, self._table, tokens_ENC, part_EN)[0]
