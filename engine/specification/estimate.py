"""What a sweep will cost, before it is started: runs, parameters, operations, memory, time."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

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
    """What this engine gets out of one unit of a device: a CPU core, a whole GPU."""

    one_layer: float  # operations per second of models with one layer
    deep: float  # and of deeper ones
    seconds_per_step: float  # of an ensemble, however small its arithmetic


SPEEDS = {
    "cpu": Speed(1e11, 3e10, 2e-5),
    "cuda": Speed(1e13, 1e13, 3e-4),
    "mps": Speed(1e12, 1e12, 1e-3),
}
"""For the CPU as measured on a core with AVX-512; for GPUs an assumption."""


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
    """Bytes that one member adds to an ensemble in training, at most.

    Weights, gradient and both moments; what PyTorch's backward pass keeps of each training row
    (the C++ step keeps nothing); tokens, labels and losses of all rows. Fitted to measured peaks,
    which it meets within a fifth.
    """
    d, c = config.width, context(config)
    rows = max(384, training_rows(config))  # the least that the stacked step pads to
    if config.depth == 1:
        kept = 20 * d + 3.5 * classes(config)
    else:
        kept = c * d * (8 + 15.5 * config.depth)
    data = (12 * c + 29) * evaluation_rows(config)
    return int(16 * parameters(config) + 4 * rows * kept + data)


def estimate(configs: Sequence[RunConfig], device: str) -> Estimate:
    """The price of training ``configs`` on one ``device`` ('cpu', 'cuda:0', 'mps').

    The time is a rule of thumb: arithmetic at the usual rate of the device (of all of its cores),
    and a fixed price for each step.
    """
    most = MEMBERS_AT_ONCE[kind(device)]
    members = Counter(shape(config) for config in configs)
    return Estimate(
        runs=len(configs),
        parameters=sum(map(parameters, configs)),
        operations=sum(config.steps * operations_per_step(config) for config in configs),
        memory_bytes=max(
            _memory(config, device, min(most, members[shape(config)])) for config in configs
        ),
        seconds=sum(
            config.steps * _seconds_per_step(config, device, min(most, members[shape(config)]))
            for config in configs
        ),
    )


def host_memory_budget() -> int:
    """Bytes of main memory that an ensemble may take now: half of what is available."""
    return psutil.virtual_memory().available // 2


def _memory(config: RunConfig, device: str, members: int) -> int:
    """Of an ensemble of ``members``, or of as many as the memory budget of the CPU lets train."""
    one = memory_per_run(config)
    whole = one * members
    return min(whole, max(one, host_memory_budget())) if kind(device) == "cpu" else whole


def _seconds_per_step(config: RunConfig, device: str, members: int) -> float:
    """Of one run, when ``members`` train together."""
    speed = SPEEDS[kind(device)]
    rate = speed.one_layer if config.depth == 1 else speed.deep
    arithmetic = _engine_operations(config) / rate
    if kind(device) == "cpu":  # each core trains members of its own
        return (arithmetic + speed.seconds_per_step) / min(members, os.cpu_count() or 1)
    return arithmetic + speed.seconds_per_step / members


def _engine_operations(config: RunConfig) -> float:
    """Operations that the engine does for one step: at one position only where depth is 1."""
    if config.depth > 1:
        return operations_per_step(config)
    d = config.width
    return 6.0 * training_rows(config) * (9 * d * d + d * classes(config))
