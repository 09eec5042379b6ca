"""What a worker may use of a machine that it shares."""

from __future__ import annotations

import os

import psutil

from engine.specification.estimate import host_memory_budget, kind

LOOK_SECONDS = 0.2
CUDA_SHARE = 0.4
"""Of the free memory of a GPU when an ensemble is chosen: a captured graph keeps the memory of a
step to itself, and an evaluation needs as much beside it."""


def free_threads(told: int | None) -> int:
    """Threads for the next ensemble: what the user said, else the cores that nobody else uses now.

    Two programs that both take every core of a machine are slower than one after the other: idle
    threads of one spin while the other needs the core.
    """
    if told is not None:
        return told
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    busy = psutil.cpu_percent(interval=LOOK_SECONDS) / 100 * (psutil.cpu_count() or 1)
    return max(1, min(cores, round(cores - busy)))


def memory_budget(device: str, told: int | None) -> int:
    """Bytes that an ensemble may take: what the user said, else a share of what is free now."""
    if told is not None:
        return told
    if kind(device) == "cuda":
        import torch

        torch.cuda.empty_cache()  # what the ensemble before has left is free too
        free, _ = torch.cuda.mem_get_info(device)
        return int(free * CUDA_SHARE)
    return host_memory_budget()
