"""What a configuration must satisfy beyond the range of each field."""

from __future__ import annotations

from math import isqrt

from engine.specification.config import RunConfig
from engine.specification.errors import SpecificationError, nearest
from engine.specification.tasks import TASKS, elements, pair_count


def check(config: RunConfig) -> None:
    """Raise a sentence about the first thing that is wrong with ``config``.

    Raises:
        SpecificationError: the fields do not fit together.
    """
    if config.task not in TASKS:
        raise SpecificationError(f"There is no task '{config.task}'; {nearest(config.task, TASKS)}")
    task = TASKS[config.task]
    if task.prime and not _is_prime(config.modulus):
        raise SpecificationError(
            f"modulus = {config.modulus} is not prime, which the task {config.task} needs; "
            f"{_next_prime(config.modulus)} is."
        )
    available = pair_count(config.task, config.modulus)
    if config.train_size > available:
        raise SpecificationError(
            f"train_size = {config.train_size} is beyond the data: {config.task} has "
            f"{available} pairs at modulus {config.modulus}."
        )
    n = elements(config.task, config.modulus)
    if config.memorization_size > n * n:
        raise SpecificationError(
            f"memorization_size = {config.memorization_size} is beyond the data: there are "
            f"{n * n} subtraction pairs."
        )
    if config.width % config.heads:
        small = [h for h in range(1, isqrt(config.width) + 1) if config.width % h == 0]
        divisors = sorted({*small, *(config.width // h for h in small)})
        raise SpecificationError(
            f"width = {config.width} is not divided by heads = {config.heads}; "
            f"heads could be {', '.join(map(str, divisors))}."
        )
    if config.feed_forward == "split" and not config.memorization_size:
        raise SpecificationError(
            "feed_forward = 'split' needs a mixture of two tasks; set memorization_size above 0."
        )
    if config.batch_size > config.train_size + config.memorization_size:
        raise SpecificationError(
            f"batch_size = {config.batch_size} is larger than the training set of "
            f"{config.train_size + config.memorization_size} pairs; 0 takes all of it."
        )


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % factor for factor in range(2, isqrt(number) + 1))


def _next_prime(number: int) -> int:
    while not _is_prime(number):
        number += 1
    return number
