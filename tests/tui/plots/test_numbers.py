from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.plots.numbers import (
    format_bytes,
    format_count,
    format_duration,
    format_number,
    format_power,
)
from tui.plots.smoothing import smooth
from tui.plots.ticks import linear_ticks, log_ticks


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (math.nan, "NaN"), (math.inf, "∞"), (-math.inf, "-∞"), (9912, "9912"),
     (9_912_345, "9912345"), (0.99871, "0.9987"), (1e-5, "1e-5"), (3.2e21, "3.2e21"), (0, "0")],
)  # fmt: skip
def test_numbers(value: float | None, text: str) -> None:
    assert format_number(value) == text


@given(st.floats(-1e300, 1e300).filter(lambda v: v == 0 or abs(v) > 1e-300))
def test_a_shown_number_is_near_the_number(value: float) -> None:
    assert float(format_number(value)) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    ("value", "text"),
    [(950, "950"), (8500, "8.5k"), (12_000, "12k"), (999_950, "1M"), (3_400_000, "3.4M"), (0, "0")],
)
def test_counts(value: float, text: str) -> None:
    assert format_count(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (4.2, "4 s"),
        (200, "3 m 20 s"),
        (8040, "2 h 14 m"),
        (3 * 86400 + 7200, "3 d 2 h"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert format_duration(seconds) == text


def test_bytes_and_powers() -> None:
    assert [format_bytes(n) for n in (0, 512, 1536, 40 << 20)] == [
        "0 B",
        "512 B",
        "1.5 KiB",
        "40 MiB",
    ]
    assert [format_power(e) for e in (0, 1, 2, -3)] == ["1", "10", "10²", "10⁻³"]
    assert format_power(12, ascii_only=True) == "1e12"


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(1, 12))
def test_linear_ticks_are_in_range_and_not_too_many(low: float, span: float, count: int) -> None:
    high = low + span
    if high - low < 1e-9 * max(abs(low), abs(high)):
        return
    ticks = linear_ticks(low, high, count)
    assert len(ticks) <= count + 1
    assert all(low - span * 1e-6 <= t.position <= high + span * 1e-6 for t in ticks)


def test_log_ticks_are_decades_or_finer() -> None:
    assert [t.label for t in log_ticks(0, 4.3, 5)] == ["1", "10", "10²", "10³", "10⁴"]
    assert [t.label for t in log_ticks(3.1, 3.9, 4)] == ["2000", "5000"]


xs = st.lists(st.floats(0, 1e4), min_size=2, max_size=60, unique=True).map(sorted)


@given(xs, st.sampled_from([0.6, 0.9, 0.99]), st.floats(-5, 5))
def test_smoothing_keeps_a_constant(x: list[float], strength: float, value: float) -> None:
    smoothed = smooth(np.array(x), np.full(len(x), value), strength)
    np.testing.assert_allclose(smoothed, value, atol=1e-6)


@given(xs, st.data())
def test_smoothing_stays_between_the_extremes(x: list[float], data: st.DataObject) -> None:
    y = np.array(data.draw(st.lists(st.floats(-9, 9), min_size=len(x), max_size=len(x))))
    smoothed = smooth(np.array(x), y, 0.9)
    assert smoothed.min() >= y.min() - 1e-6
    assert smoothed.max() <= y.max() + 1e-6


def test_smoothing_does_not_depend_on_the_sampling_density() -> None:
    x = np.array([0.0, 100, 200, 300, 400, 1000])
    y = np.array([0.0, 1, 1, 0, 3, 2])
    dense_x = np.arange(0.0, 1001)
    held = y[np.searchsorted(x, dense_x)]  # each value holds back to the point before
    dense = smooth(dense_x, held, 0.9)[x.astype(int)]
    # the first point alone has no gap before it, so the start weighs a little differently
    np.testing.assert_allclose(smooth(x, y, 0.9), dense, atol=0.02)


def test_smoothing_keeps_what_is_not_finite() -> None:
    y = np.array([1.0, np.nan, 1.0, np.inf, 1.0])
    smoothed = smooth(np.arange(5.0), y, 0.6)
    np.testing.assert_array_equal(np.isfinite(smoothed), np.isfinite(y))
    np.testing.assert_allclose(smoothed[[0, 2, 4]], 1.0)
