"""Runs of one shape, trained together as stacked tensors.

A run's weights do not depend on its companions, nor on whether it was interrupted: on the CPU they
are the same bits alone, in any ensemble, after others have left, and when resumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.specification.config import RunConfig
from engine.specification.sizes import classes, shape
from engine.training import general
from engine.training.batches import Batches
from engine.training.data import build
from engine.training.evaluation import Evaluation, Flags, Numbers, norms, row_losses, summarize
from engine.training.initialisation import initial_weights
from engine.training.layout import EXP_AVG, EXP_AVG_SQ, Floats, Layout, parameter_shapes
from engine.training.optimizer import AdamW

EVALUATION_BYTES = 64 * 2**20  # of activations that one chunk of an evaluation may need


class EnsembleError(Exception):
    """Why these runs cannot be trained together or here, in one sentence."""


@dataclass(frozen=True, slots=True)
class RunState:
    """All that a run needs to go on: its step, weights and both Adam moments, float32.

    Weights have the names of :func:`engine.training.layout.parameter_shapes`; the moments the same
    names behind ``adam.exp_avg.`` and ``adam.exp_avg_sq.``.
    """

    step: int
    tensors: dict[str, Floats]


class Ensemble:
    """Members ``configs`` of equal shape at one step, on one device.

    Args:
        configs: the members; seeds, tasks of equal size, training sizes, learning rates, decays,
            betas and steps may differ.
        device: a name that PyTorch knows: ``cpu``, ``cuda:0``, ``mps``.
        states: where the members stand, all at the same step; None: at their initial weights.
        dtype: of parameters and activations. float64 is for checking gradients and tolerances.

    Raises:
        EnsembleError: the members differ in shape or step, a state does not fit its run, the
            device does not exist, or it lacks the precision.
    """

    def __init__(
        self,
        configs: Sequence[RunConfig],
        device: str,
        states: Sequence[RunState] | None = None,
        *,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.configs = list(configs)
        self._dtype = dtype
        self._device = _checked_device(self.configs, device)
        self._layout = Layout(parameter_shapes(self.configs[0]))
        steps = {state.step for state in states} if states is not None else {0}
        if len(steps) > 1 or (states is not None and len(states) != len(self.configs)):
            raise EnsembleError(
                f"An ensemble needs one state a run, all at one step; {len(self.configs)} runs got "
                f"{len(states or [])} states at steps {', '.join(map(str, sorted(steps)))}."
            )
        self.step = steps.pop()
        tensors = [s.tensors for s in states] if states is not None else None
        starts = tensors or [initial_weights(config) for config in self.configs]
        self._flat_EF = self._stacked(starts, "")
        self._exp_avg_EF = self._stacked(tensors, EXP_AVG)
        self._exp_avg_sq_EF = self._stacked(tensors, EXP_AVG_SQ)
        self._datasets = [build(config) for config in self.configs]
        self._prepare()

    def __len__(self) -> int:
        return len(self.configs)

    def train(self, until: int) -> None:
        """Take optimizer steps from :attr:`step` up to ``until``."""
        with self._precision():
            while self.step < until:
                self._write_gradient(self.step)
                self.step += 1
                self._optimizer.update(
                    self.step,
                    self._flat_EF,
                    self._gradient_EF,
                    self._exp_avg_EF,
                    self._exp_avg_sq_EF,
                )

    def evaluate(self, members: Sequence[int] | None = None) -> list[Evaluation]:
        """Measure members, all by default, over all of their pairs at the current step."""
        chosen = list(range(len(self))) if members is None else list(members)
        with self._precision():
            general.write_gradient(
                self._views, self._gradient_views, self.configs[0], self._batches.whole
            )
            parameter_norms, gradient_norms = norms(self._flat_EF), norms(self._gradient_EF)
            evaluations = []
            for member in chosen:
                losses_N, right_N = self._measure(member)
                evaluations.append(
                    summarize(
                        self._datasets[member],
                        losses_N,
                        right_N,
                        parameter_norms[member],
                        gradient_norms[member],
                    )
                )
        return evaluations

    def states(self, members: Sequence[int] | None = None) -> list[RunState]:
        """Copies of the states of members, all by default."""
        chosen = list(range(len(self))) if members is None else list(members)
        buffers = {"": self._flat_EF, EXP_AVG: self._exp_avg_EF, EXP_AVG_SQ: self._exp_avg_sq_EF}
        found: list[dict[str, Floats]] = [{} for _ in chosen]
        for prefix, buffer_EF in buffers.items():
            rows = buffer_EF[chosen].to("cpu", torch.float32).numpy()
            for tensors, row_F in zip(found, rows, strict=True):
                tensors |= self._layout.unpack(row_F, prefix)
        return [RunState(self.step, tensors) for tensors in found]

    def keep(self, members: Sequence[int]) -> None:
        """Let all others leave; their memory is freed. Members are renumbered in this order."""
        chosen = list(members)
        self.configs = [self.configs[member] for member in chosen]
        self._datasets = [self._datasets[member] for member in chosen]
        self._flat_EF = self._flat_EF[chosen]
        self._exp_avg_EF = self._exp_avg_EF[chosen]
        self._exp_avg_sq_EF = self._exp_avg_sq_EF[chosen]
        self._prepare()

    def _prepare(self) -> None:
        """Make all that follows from the members and their buffers."""
        self._gradient_EF = torch.zeros_like(self._flat_EF)
        self._views = self._layout.views(self._flat_EF)
        self._gradient_views = self._layout.views(self._gradient_EF)
        self._batches = Batches(self.configs, self._datasets, self._device, self._dtype)
        self._optimizer = AdamW(self.configs)

    def _stacked(self, tensors: Sequence[dict[str, Floats]] | None, prefix: str) -> Tensor:
        if tensors is None:
            return torch.zeros(
                len(self.configs), self._layout.size, dtype=self._dtype, device=self._device
            )
        try:
            rows = np.stack([self._layout.pack(each, prefix) for each in tensors])
        except ValueError as error:
            raise EnsembleError(f"A state does not fit its run: {error}") from None
        return torch.from_numpy(rows).to(self._device, self._dtype, copy=True)

    def _write_gradient(self, step: int) -> None:
        rows = self._batches.at(step)
        general.write_gradient(self._views, self._gradient_views, self.configs[0], rows)

    @torch.no_grad()
    def _measure(self, member: int) -> tuple[Numbers, Flags]:
        """Loss and correctness of every row of one member, in chunks that its shape decides."""
        config, data = self.configs[member], self._datasets[member]
        views = {name: view[member : member + 1] for name, view in self._views.items()}
        precision = torch.float64 if config.loss_precision == "float64" else torch.float32
        numbers_a_row = data.tokens.shape[1] * 12 * config.width + 3 * classes(config)
        rows_a_chunk = max(256, EVALUATION_BYTES // (4 * numbers_a_row))
        losses, right = [], []
        for start in range(0, len(data.labels), rows_a_chunk):
            chunk = slice(start, start + rows_a_chunk)
            tokens, part, labels = (
                torch.from_numpy(array[chunk]).to(self._device)[None]
                for array in (data.tokens, data.part, data.labels)
            )
            logits_1NP = general.logits(views, config, tokens, part)
            losses_1N, right_1N = row_losses(logits_1NP, labels, precision)
            losses.append(losses_1N[0].cpu().numpy())
            right.append(right_1N[0].cpu().numpy())
        return np.concatenate(losses), np.concatenate(right)

    @contextmanager
    def _precision(self) -> Iterator[None]:
        """Matrix products in the precision of the members, while inside."""
        precision = self.configs[0].precision
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        try:
            with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
                yield
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before


def _checked_device(configs: Sequence[RunConfig], name: str) -> torch.device:
    if not configs:
        raise EnsembleError("An ensemble needs at least one run.")
    shapes = sorted({shape(config) for config in configs})
    if len(shapes) > 1:
        raise EnsembleError(
            f"Runs of different shapes cannot train together: {shapes[0]}, and {shapes[1]}."
        )
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError):
        raise EnsembleError(f"There is no device '{name}' here; 'cpu' is always there.") from None
    config = configs[0]
    if config.precision != "float32" and device.type != "cuda":
        raise EnsembleError(
            f"precision = '{config.precision}' needs a CUDA device; on {name} use 'float32'."
        )
    if config.loss_precision == "float64" and device.type == "mps":
        raise EnsembleError("loss_precision = 'float64' does not exist on mps; use 'float32'.")
    return device
