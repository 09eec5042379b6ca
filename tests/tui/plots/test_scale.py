"""The scale of an axis: it holds every value that it can show, and its ticks lie on it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.plots.scale import fitting

values = st.lists(st.floats(-1e12, 1e12) | st.sampled_from([np.nan, np.inf, 0.0]), max_size=20)


@given(values, st.booleans(), st.sampled_from([0.0, 0.04]))
def test_every_value_that_can_be_shown_lies_on_the_axis(
    known: list[float], log: bool, padding: float
) -> None:
    data = np.array(known, dtype=np.float64)
    scale = fitting([data], log, None, padding)
    assert scale.low < scale.high
    unit = scale.unit(data)
    shown = np.isfinite(data) & (data > 0 if log else True)
    assert ((unit[shown] >= -1e-9) & (unit[shown] <= 1 + 1e-9)).all()
    assert not np.isfinite(unit[~shown]).any()


@given(values, st.booleans(), st.integers(2, 200))
def test_ticks_lie_in_the_cells_of_the_axis_in_their_order(
    known: list[float], log: bool, cells: int
) -> None:
    scale = fitting([np.array(known, dtype=np.float64)], log, None, 0.0)
    scale.choose_ticks(cells, 3, ascii_only=False)
    places = [scale.cell(tick, cells) for tick in scale.ticks]
    assert places == sorted(places)
    assert all(0 <= place < cells for place in places)


@pytest.mark.parametrize(
    ("limits", "log", "low", "high"),
    [((2.0, 8.0), False, 2, 8), ((1.0, 1000.0), True, 0, 3), ((0.0, 10.0), True, 0, 1)],
)
def test_limits_are_kept_where_the_axis_can_show_them(
    limits: tuple[float, float], log: bool, low: float, high: float
) -> None:
    scale = fitting([np.array([5.0, 1e6])], log, limits, 0.04)
    assert (scale.low, scale.high) == pytest.approx((low, high))
