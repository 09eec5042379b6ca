"""What a sweep will cost, before it is started: runs, parameters, operations, memory, time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.specification.config import RunConfig
from engine.specification.sizes import (
    classes,
    context,
    evaluation_rows,
    operations_per_step,
    parameters,
    shape,
    training_rows,
)

MEMBERS_AT_ONCE = {"cpu": 32, "cuda": 1024, "mps": 64}
"""The most runs in one ensemble: beyond it a device gains nothing, and a stop takes longer."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What a device does, measured with this engine on small widths and on wide ones."""

    operations_per_second: float  # of matrix products inside a step
    seconds_per_step: float  # of an ensemble, however small its arithmetic


SPEEDS = {
    "cpu": Speed(4e10, 8e-4),
    "cuda": Speed(1e13, 3e-4),
    "mps": Speed(1e12, 1e-3),
}
"""Rough figures: a laptop's two cores, a data-centre GPU, an Apple GPU."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The price of a set of runs on one device."""

    runs: int
    parameters: int  # summed over the runs
    operations: float  # of all training steps, as a textbook loop would count them
    memory_bytes: int  # of the largest ensemble that the device trains at once
    seconds: float  # of one device


def kind(device: str) -> str:
    """The kind of a device: 'cuda' for 'cuda:1'."""
    return device.partition(":")[0]


def memory_per_run(config: RunConfig) -> int:
    """Bytes that one member adds to an ensemble in training.

    Weights, gradient and both moments; what the backward pass keeps of each training row; and the
    tables of tokens and labels.
    """
    d, rows = config.width, training_rows(config)
    if config.depth == 1:
        kept = 16 * d + 3 * classes(config) + 6 * config.heads
    else:
        kept = context(config) * config.depth * (34 * d) + 3 * classes(config)
    tables = 8 * (context(config) + 2) * evaluation_rows(config)
    return 16 * parameters(config) + 4 * rows * kept + tables


def estimate(configs: Sequence[RunConfig], device: str) -> Estimate:
    """The price of training ``configs`` on one ``device`` ('cpu', 'cuda:0', 'mps').

    The time is a rule of thumb: arithmetic at the device's usual rate, and a fixed price for each
    step of an ensemble.
    """
    speed = SPEEDS[kind(device)]
    most = MEMBERS_AT_ONCE[kind(device)]
    members = Counter(shape(config) for config in configs)
    seconds = 0.0
    for config in configs:
        together = min(most, members[shape(config)])
        arithmetic = _engine_operations(config) / speed.operations_per_second
        seconds += config.steps * (arithmetic + speed.seconds_per_step / together)
    memory = max(memory_per_run(config) * min(most, members[shape(config)]) for config in configs)
    return Estimate(
        runs=len(configs),
        parameters=sum(map(parameters, configs)),
        operations=sum(config.steps * operations_per_step(config) for config in configs),
        memory_bytes=memory,
        seconds=seconds,
    )


def _engine_operations(config: RunConfig) -> float:
    """Operations that the engine does for one step: at one position only where depth is 1."""
    if config.depth > 1:
        return operations_per_step(config)
    d = config.width
    return 6.0 * training_rows(config) * (9 * d * d + d * classes(config))
