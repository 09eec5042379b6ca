"""The tasks that a transformer learns, as tables of answers. Add one by writing one function.

A task is a binary operation on elements 0 … n-1. It is given as one numpy function from two
index arrays to the answers, so that a registry entry is a few lines and needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]
Operation = Callable[[Index, Index, int], Index]


@dataclass(frozen=True, slots=True)
class Task:
    """A binary operation: ``answer(a, b, n)`` for index arrays of equal shape, elements 0 … n-1."""

    name: str
    formula: str
    answer: Operation | None  # None: labels are drawn at random, see engine.training.data
    prime: bool = False  # needs a prime modulus
    elements: int | None = None  # fixed number of elements; None: the modulus
    second_is_nonzero: bool = False  # pairs with b = 0 do not exist


TASKS: dict[str, Task] = {}


def _task(
    name: str,
    formula: str,
    *,
    prime: bool = False,
    elements: int | None = None,
    second_is_nonzero: bool = False,
) -> Callable[[Operation], Operation]:
    def register(answer: Operation) -> Operation:
        TASKS[name] = Task(name, formula, answer, prime, elements, second_is_nonzero)
        return answer

    return register


@_task("add", "a + b mod P")
def _add(a: Index, b: Index, n: int) -> Index:
    return (a + b) % n


@_task("subtract", "a - b mod P")
def _subtract(a: Index, b: Index, n: int) -> Index:
    return (a - b) % n


@_task("multiply", "a · b mod P")
def _multiply(a: Index, b: Index, n: int) -> Index:
    return (a * b) % n


@_task("divide", "a / b mod P, b ≠ 0", prime=True, second_is_nonzero=True)
def _divide(a: Index, b: Index, n: int) -> Index:
    inverse = np.array([0, *(pow(x, -1, n) for x in range(1, n))], dtype=np.int64)
    return np.asarray(a * inverse[b] % n)


@_task("square_of_sum", "(a + b)² mod P")
def _square_of_sum(a: Index, b: Index, n: int) -> Index:
    return np.asarray((a + b) ** 2 % n)


@_task("x2_xy_y2", "a² + ab + b² mod P")
def _x2_xy_y2(a: Index, b: Index, n: int) -> Index:
    return np.asarray((a * a + a * b + b * b) % n)


@_task("s5", "a ∘ b in the symmetric group S5, 120 permutations", elements=120)
def _s5(a: Index, b: Index, n: int) -> Index:
    elements = np.array(list(permutations(range(5))), dtype=np.int64)  # [120, 5], lexicographic
    composed = np.take_along_axis(elements[a], elements[b], axis=-1)  # (a ∘ b)(i) = a[b[i]]
    powers = 5 ** np.arange(5)
    rank = np.full(5**5, -1, dtype=np.int64)
    rank[elements @ powers] = np.arange(n)
    return np.asarray(rank[composed @ powers])


TASKS["random"] = Task("random", "random labels, the same for (a, b) and (b, a)", None)


def elements(task: str, modulus: int) -> int:
    """Number of elements: the modulus, or the size of the group that the task is about."""
    return TASKS[task].elements or modulus


def pairs(task: str, modulus: int) -> Index:
    """All ordered pairs of a task, shape [pairs, 2], ordered by a, then b."""
    n = elements(task, modulus)
    first, second = np.divmod(np.arange(n * n), n)
    keep = second != 0 if TASKS[task].second_is_nonzero else np.ones(n * n, dtype=bool)
    return np.stack([first[keep], second[keep]], axis=1)


def pair_count(task: str, modulus: int) -> int:
    """Number of ordered pairs of a task."""
    n = elements(task, modulus)
    return n * (n - 1) if TASKS[task].second_is_nonzero else n * n
