"""Runs of one shape, trained together as stacked tensors.

A run's weights do not depend on its companions, nor on whether it was interrupted: on the CPU they
are the same bits alone, in any ensemble, after others have left, and when resumed. On CUDA every
operation adds in a fixed order, so that the same ensemble trained again should give the same bits;
company changes shapes, with them the choice of kernels, and so the rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.specification.config import RunConfig
from engine.specification.sizes import shape
from engine.training.data import build
from engine.training.evaluation import Evaluation, evaluation
from engine.training.initialisation import initial_weights
from engine.training.layout import EXP_AVG, EXP_AVG_SQ, Floats, Layout, parameter_shapes
from engine.training.native_step import NativeStep, serves
from engine.training.stacked_step import StackedStep
from engine.training.step import Members, Step


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
        chosen = list(configs)
        on = _checked_device(chosen, device)
        steps = {state.step for state in states} if states is not None else {0}
        if len(steps) > 1 or (states is not None and len(states) != len(chosen)):
            raise EnsembleError(
                f"An ensemble needs one state a run, all at one step; {len(chosen)} runs got "
                f"{len(states or [])} states at steps {', '.join(map(str, sorted(steps)))}."
            )
        self.step = steps.pop()
        layout = Layout(parameter_shapes(chosen[0]))

        def stacked(tensors: Sequence[dict[str, Floats]], prefix: str = "") -> Tensor:
            rows = torch.from_numpy(np.stack([layout.pack(each, prefix) for each in tensors]))
            return rows.to(on, dtype, copy=True)  # into memory that is aligned as PyTorch does

        try:
            if states is None:
                flat_EF = stacked([initial_weights(config) for config in chosen])
                moments = torch.zeros_like(flat_EF), torch.zeros_like(flat_EF)
            else:
                tensors = [state.tensors for state in states]
                flat_EF = stacked(tensors)
                moments = stacked(tensors, EXP_AVG), stacked(tensors, EXP_AVG_SQ)
        except ValueError as error:
            raise EnsembleError(f"A state does not fit its run: {error}") from None
        datasets = [build(config) for config in chosen]
        self._members = Members(chosen, datasets, layout, flat_EF, *moments)
        self._stepper = _stepper(self._members)

    def __len__(self) -> int:
        return len(self.configs)

    @property
    def configs(self) -> list[RunConfig]:
        """The members, in order."""
        return self._members.configs

    def train(self, until: int) -> None:
        """Take optimizer steps from :attr:`step` up to ``until``."""
        self._stepper.train(self.step, until)
        self.step = max(self.step, until)

    def evaluate(self, members: Sequence[int] | None = None) -> list[Evaluation]:
        """Measure members, all by default, over all of their pairs at the current step."""
        chosen = self._chosen(members)
        measured = self._stepper.measure(chosen)
        return [
            evaluation(self._members.datasets[member], numbers)
            for member, numbers in zip(chosen, measured, strict=True)
        ]

    def states(self, members: Sequence[int] | None = None) -> list[RunState]:
        """Copies of the states of members, all by default."""
        chosen = self._chosen(members)
        all_members = self._members
        found: list[dict[str, Floats]] = [{} for _ in chosen]
        for prefix, buffer_EF in (
            ("", all_members.flat),
            (EXP_AVG, all_members.exp_avg),
            (EXP_AVG_SQ, all_members.exp_avg_sq),
        ):
            rows = buffer_EF[chosen].to("cpu", torch.float32).numpy()
            for tensors, row_F in zip(found, rows, strict=True):
                tensors |= all_members.layout.unpack(row_F, prefix)
        return [RunState(self.step, tensors) for tensors in found]

    def keep(self, members: Sequence[int]) -> None:
        """Let all others leave; their memory is freed. Members are renumbered in this order."""
        self._members = self._members.only(members)
        self._stepper = _stepper(self._members)

    def _chosen(self, members: Sequence[int] | None) -> list[int]:
        return list(range(len(self))) if members is None else list(members)


def _stepper(members: Members) -> Step:
    """The fastest step that serves these members."""
    if serves(members.configs[0], members.flat.device, members.flat.dtype):
        return NativeStep(members)
    return StackedStep(members)


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
