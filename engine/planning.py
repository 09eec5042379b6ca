"""Which queued runs train together next."""

from __future__ import annotations

from collections.abc import Sequence

from engine.specification.config import FIELDS, RunConfig
from engine.specification.estimate import MEMBERS_AT_ONCE, kind
from store.queue import Candidate

WIDEST = 1.25
"""Largest train size over smallest in one ensemble: what is padded is computed in vain."""

SMALL = 1024
"""Up to this train size padding costs less than a second ensemble would."""


def config_of(row: dict[str, object]) -> RunConfig:
    """The configuration in a row of ``run_config``."""
    return RunConfig(**{name: row[name] for name in FIELDS})  # type: ignore[arg-type]


def choose(candidates: Sequence[Candidate], device: str, memory_bytes: int) -> list[int]:
    """The run ids of the next ensemble: the head of the queue, and those that fit with it.

    They share its shape and the step that they go on from, their train sizes are near, and
    together they stay within ``memory_bytes`` (the head alone may exceed it).
    """
    if not candidates:
        return []
    head = candidates[0]
    alike = [
        c
        for c in candidates
        if c.shape == head.shape and c.resume_step == head.resume_step and _near(c, head)
    ]
    alike.sort(key=lambda c: (abs(c.train_size - head.train_size), c.run_id))
    chosen: list[int] = []
    largest = 0
    for candidate in alike[: MEMBERS_AT_ONCE[kind(device)]]:
        largest = max(largest, candidate.memory_bytes)
        if chosen and largest * (len(chosen) + 1) > memory_bytes:
            break
        chosen.append(candidate.run_id)
    return sorted(chosen)


def _near(one: Candidate, other: Candidate) -> bool:
    low, high = sorted((one.train_size, other.train_size))
    return high <= max(SMALL, low * WIDEST)
