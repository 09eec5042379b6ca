"""The search for a boundary against an oracle that knows it."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.specification.boundary import Bisection, conclude

QUANTILES = {1: 12.706, 2: 4.303, 4: 2.776}


def searched(count: int, first_inside: int, rising: bool = True) -> Bisection:
    """A search whose oracle changes its answer at the index ``first_inside``."""
    search = Bisection(count, rising)
    while (index := search.ask()) is not None:
        assert index not in search.outcomes
        search.outcomes[index] = (index >= first_inside) == rising
    return search


@given(st.integers(2, 200), st.data(), st.booleans())
def test_the_boundary_is_found_in_the_logarithm_of_the_values(
    count: int, data: st.DataObject, rising: bool
) -> None:
    first_inside = data.draw(st.integers(0, count))
    search = searched(count, first_inside, rising)
    assert search.bracket() == (first_inside - 1, first_inside)
    assert len(search.outcomes) <= count.bit_length()


@given(st.lists(st.integers(1, 32), min_size=2, max_size=5))
def test_the_answer_is_that_of_the_full_grid_with_a_third_of_its_runs(firsts: list[int]) -> None:
    values = list(range(250, 580, 10))
    found = conclude(values, [searched(len(values), first) for first in firsts], QUANTILES)
    grid = fmean((values[first - 1] + values[first]) / 2 for first in firsts)
    assert found.place == "within"
    assert found.value == pytest.approx(grid)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= grid - 5
    assert found.high >= grid + 5
    assert found.runs <= len(firsts) * len(values) / 3


def test_the_interval_is_students() -> None:
    values = list(range(0, 110, 10))
    found = conclude(values, [searched(11, first) for first in (2, 4)], QUANTILES)
    assert found.value == 25
    assert found.high == pytest.approx(25 + 12.706 * 14.1421356 / 2**0.5)


@pytest.mark.parametrize(
    ("firsts", "place", "beyond"), [((11, 11, 5), "above", 2), ((0, 0, 5), "below", 2)]
)
def test_a_boundary_beyond_the_values_is_no_guess(
    firsts: tuple[int, ...], place: str, beyond: int
) -> None:
    found = conclude(list(range(11)), [searched(11, first) for first in firsts], QUANTILES)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert (found.place, found.beyond) == (place, beyond)


def test_a_single_seed_beyond_the_values_counts_as_their_end() -> None:
    found = conclude(list(range(11)), [searched(11, first) for first in (0, 5, 5)], QUANTILES)
    assert (found.value, found.place, found.beyond) == (3.0, "within", 1)


@given(st.dictionaries(st.integers(0, 15), st.booleans()))
def test_outcomes_that_contradict_each_other_end_the_search_too(noise: dict[int, bool]) -> None:
    search = Bisection(16)
    for _ in range(16):
        index = search.ask()
        if index is None:
            break
        search.outcomes[index] = noise.get(index, index % 3 == 0)
    low, high = search.bracket()
    assert high - low == 1
