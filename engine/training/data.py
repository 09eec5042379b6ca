"""The data of one run: every pair as a sequence of tokens, and which of them are trained on.

Tokens are the elements 0 … n-1, then ``=``, and in a mixture the operators of its two parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.specification.config import RunConfig
from engine.specification.sizes import classes
from engine.specification.tasks import TASKS, pairs
from engine.training.randomness import Stream, generator

Integers = npt.NDArray[np.int64]

TASK, MEMORIZATION = 0, 1
"""The parts of a mixture; a data set without memorization has the first alone."""


def equals_token(config: RunConfig) -> int:
    """The token ``=``, at which the answer is read."""
    return classes(config)


def operator_token(config: RunConfig, part: int) -> int:
    """The operator of a part of a mixture."""
    return classes(config) + 1 + part


@dataclass(frozen=True, slots=True)
class Dataset:
    """All pairs of a run: the training pairs of the task, the memorized pairs, then validation."""

    tokens: Integers  # [rows, context]
    labels: Integers  # [rows]
    part: Integers  # [rows], TASK or MEMORIZATION
    task_rows: int  # training pairs of the task, the first rows
    memorization_rows: int  # memorized pairs, the next rows; the others are validation

    @property
    def training_rows(self) -> int:
        """How many of the first rows are trained on."""
        return self.task_rows + self.memorization_rows


def build(config: RunConfig) -> Dataset:
    """The data set of ``config``.

    The training pairs are a prefix of a permutation that depends on the seed alone, so that a
    smaller training set is a subset of a larger one; the memorized pairs are a prefix of another.
    """
    task_pairs = pairs(config.task, config.modulus)
    task_labels = _labels(config, task_pairs)
    order = generator(config.seed, Stream.SPLIT).permutation(len(task_pairs))
    trained, others = order[: config.train_size], order[config.train_size :]

    n = classes(config)
    every = np.arange(n * n)
    chosen = generator(config.seed, Stream.MEMORIZATION_SPLIT).permutation(every)
    chosen = chosen[: config.memorization_size]
    random_labels = generator(config.seed, Stream.MEMORIZATION_LABELS).integers(0, n, n * n)
    memorized_pairs = np.stack(np.divmod(chosen, n), axis=1)

    sequences = [
        _sequences(config, task_pairs[trained], TASK),
        _sequences(config, memorized_pairs, MEMORIZATION),
        _sequences(config, task_pairs[others], TASK),
    ]
    labels = [task_labels[trained], random_labels[chosen], task_labels[others]]
    return Dataset(
        tokens=np.concatenate(sequences),
        labels=np.concatenate(labels),
        part=np.repeat([TASK, MEMORIZATION, TASK], [len(some) for some in labels]),
        task_rows=len(trained),
        memorization_rows=len(chosen),
    )


def _labels(config: RunConfig, task_pairs: Integers) -> Integers:
    first, second = task_pairs.T
    n = classes(config)
    answer = TASKS[config.task].answer
    if answer is not None:
        return answer(first, second, n)
    drawn: Integers = generator(config.seed, Stream.LABELS).integers(0, n, (n, n))
    symmetric: Integers = drawn[np.minimum(first, second), np.maximum(first, second)]
    return symmetric


def _sequences(config: RunConfig, some_pairs: Integers, part: int) -> Integers:
    first, second = some_pairs.T
    equals = np.full_like(first, equals_token(config))
    if not config.memorization_size:
        return np.stack([first, second, equals], axis=1)
    operator = np.full_like(first, operator_token(config, part))
    return np.stack([first, operator, second, equals], axis=1)
