"""Tasks against their definitions, computed another way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from engine.specification.tasks import TASKS, elements, pair_count, pairs

P = 29
FORMULAS: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: (a + b) % P,
    "subtract": lambda a, b: (a - b) % P,
    "multiply": lambda a, b: (a * b) % P,
    "divide": lambda a, b: next(q for q in range(P) if q * b % P == a),
    "square_of_sum": lambda a, b: (a * a + 2 * a * b + b * b) % P,
    "x2_xy_y2": lambda a, b: (a**2 + a * b + b**2) % P,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_arithmetic_tasks(name: str) -> None:
    table = pairs(name, P)
    answer = TASKS[name].answer
    assert answer is not None
    got = answer(table[:, 0], table[:, 1], P).tolist()
    assert got == [FORMULAS[name](a, b) for a, b in table.tolist()]


def test_s5_composes_permutations() -> None:
    group = list(permutations(range(5)))
    table = pairs("s5", P)
    answer = TASKS["s5"].answer
    assert answer is not None
    got = answer(table[:, 0], table[:, 1], 120).tolist()
    composed = [tuple(group[a][i] for i in group[b]) for a, b in table.tolist()]
    assert [group[c] for c in got] == composed


@pytest.mark.parametrize("name", TASKS)
def test_pairs_are_all_of_them_once(name: str) -> None:
    table = pairs(name, P)
    assert len({tuple(pair) for pair in table.tolist()}) == len(table) == pair_count(name, P)
    n = elements(name, P)
    assert len(table) == (n * (n - 1) if name == "divide" else n * n)
