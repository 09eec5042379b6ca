"""Sizes that follow from a configuration: vocabulary, parameters, operations, memory."""

from __future__ import annotations

from engine.specification.config import RunConfig
from engine.specification.tasks import elements, pair_count


def classes(config: RunConfig) -> int:
    """Number of answers."""
    return elements(config.task, config.modulus)


def context(config: RunConfig) -> int:
    """Tokens in a sequence: ``a b =``, or ``a op b =`` in a mixture."""
    return 4 if config.memorization_size else 3


def vocabulary(config: RunConfig) -> int:
    """The elements and ``=``, in a mixture two operators too."""
    return classes(config) + (3 if config.memorization_size else 1)


def parameters(config: RunConfig) -> int:
    """Trainable numbers of the model."""
    d = config.width
    layer = 4 * d * d + 8 * d * d + 5 * d
    return (vocabulary(config) + context(config)) * d + config.depth * layer + d * classes(config)


def training_rows(config: RunConfig) -> int:
    """Pairs in one step."""
    return config.batch_size or config.train_size + config.memorization_size


def evaluation_rows(config: RunConfig) -> int:
    """Pairs in one evaluation: all of the task, and the memorized ones."""
    return pair_count(config.task, config.modulus) + config.memorization_size


def operations_per_step(config: RunConfig) -> float:
    """Floating-point operations of one textbook step: forward, and backward at twice its price.

    Counted at every position of every layer, as a plain implementation does, so that runs can be
    compared whatever the engine saves. Literature: Kaplan et al. 2020, section 2.1.
    """
    d, positions = config.width, context(config)
    per_position = 2 * config.depth * (12 * d * d + 2 * positions * d)
    return 3.0 * training_rows(config) * (positions * per_position + 2 * d * classes(config))


def shape(config: RunConfig) -> str:
    """A key that is equal for runs which can train in one ensemble."""
    mixture = "mixture" if config.memorization_size else "single"
    rows = pair_count(config.task, config.modulus)
    return (
        f"d{config.width} l{config.depth} h{config.heads} {config.feed_forward} {mixture} "
        f"n{classes(config)} p{rows} b{config.batch_size} "
        f"{config.precision} {config.loss_precision}"
    )
