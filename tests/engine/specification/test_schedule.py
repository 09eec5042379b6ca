"""The evaluation schedule."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.specification.schedule import evaluation_steps


@given(st.integers(1, 200_000), st.integers(2, 400))
def test_it_ascends_from_the_start_to_the_end_in_about_the_number_of_points(
    steps: int, evaluations: int
) -> None:
    schedule = evaluation_steps(steps, evaluations)
    assert schedule[0] == 0
    assert schedule[-1] == steps
    assert schedule == sorted(set(schedule))
    assert len(schedule) <= evaluations + 2
    if steps >= 20 * evaluations:
        assert len(schedule) >= 0.75 * evaluations


def test_every_decade_is_dense_and_no_gap_is_long() -> None:
    schedule = np.array(evaluation_steps(20_000, 300))
    for low in (10, 100, 1000):
        assert np.sum((schedule >= low) & (schedule < 10 * low)) >= 25
    assert np.diff(schedule).max() <= 20_000 / 140
