from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tui.plots.raster import column_spans

finite = st.floats(-50, 150, allow_nan=False)


@given(npst.arrays(np.float64, st.integers(1, 60), elements=finite), st.integers(1, 80), st.data())
def test_every_point_in_sight_is_inside_the_span_of_its_column(
    y: np.ndarray, columns: int, data: st.DataObject
) -> None:
    x = np.sort(data.draw(npst.arrays(np.float64, len(y), elements=finite)))
    low, high = column_spans(x, y, y, columns)
    for px, py in zip(x, y, strict=True):
        if 0 <= px < columns:
            assert low[int(px)] <= py <= high[int(px)]


@given(npst.arrays(np.float64, st.integers(2, 30), elements=finite))
def test_the_line_has_no_holes_and_no_excess(y: np.ndarray) -> None:
    columns = 64
    x = np.linspace(0, columns, len(y))
    low, high = column_spans(x, y, y, columns)
    fine_x = np.linspace(0, columns, columns * 16 + 1)
    fine_y = np.interp(fine_x, x, y)
    for column in range(columns):
        inside = fine_y[column * 16 : column * 16 + 17]
        points = y[(x >= column) & (x <= column + 1)]
        everything = np.concatenate((inside, points))
        np.testing.assert_allclose(low[column], everything.min(), atol=1e-6)
        np.testing.assert_allclose(high[column], everything.max(), atol=1e-6)


def test_a_gap_stays_a_gap() -> None:
    x = np.arange(10.0)
    y = np.array([1.0, 1, 1, np.nan, np.nan, np.nan, np.nan, 1, 1, 1])
    low, _ = column_spans(x, y, y, 10)
    assert np.isnan(low[3:7]).all()
    assert np.isfinite(low[:2]).all()
    assert np.isfinite(low[7:9]).all()
