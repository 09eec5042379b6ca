"""The range of x in sight and the crosshair: what holds whatever keys are pressed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.app.viewport import NARROWEST, Viewport
from tui.plots.chart import Array

KEYS: dict[str, Callable[[Viewport], None]] = {
    ".": lambda v: v.toggle_crosshair(),
    "h": lambda v: v.step(-1),
    "l": lambda v: v.step(1),
    "H": lambda v: v.leap(-1),
    "L": lambda v: v.leap(1),
    "g": lambda v: v.to_end(-1),
    "G": lambda v: v.to_end(1),
    "+": lambda v: v.zoom(0.5),
    "-": lambda v: v.zoom(2.0),
    "0": lambda v: v.reset(),
}

keys = st.text(st.sampled_from(list(KEYS)), max_size=60)
xs = st.one_of(
    st.lists(st.integers(0, 10**6).map(float), max_size=20),
    st.lists(st.floats(0, 1e18), max_size=20),
    st.sampled_from([[7.0], [0.0], [float("nan"), 0.0, 3.0], [0.0, 5e-324, 1e308]]),
)
curves = st.lists(xs.map(lambda values: np.unique(np.array(values, dtype=np.float64))), max_size=4)


def over(points: list[Array], log: bool) -> Viewport:
    viewport = Viewport()
    viewport.lie_over(points, "step", log)
    return viewport


def press(viewport: Viewport, pressed: str) -> None:
    for key in pressed:
        KEYS[key](viewport)


def shown(points: list[Array], log: bool) -> set[float]:
    """Every x that an axis can show."""
    every = {float(x) for curve in points for x in curve if np.isfinite(x)}
    return {x for x in every if x > 0} if log else every


def check(viewport: Viewport, points: list[Array], log: bool) -> None:
    there = shown(points, log)
    if viewport.crosshair is not None:
        assert viewport.crosshair in there
    if viewport.limits is not None:
        low, high = viewport.limits
        assert np.isfinite([low, high]).all()
        room = 1e-9 * max(there)
        assert min(there) - room <= low <= high <= max(there) + room
        assert (low, high) != (min(there), max(there))


@given(curves, st.booleans(), keys)
def test_the_range_lies_in_the_data_and_the_crosshair_on_a_point(
    points: list[Array], log: bool, pressed: str
) -> None:
    viewport = over(points, log)
    for key in pressed:
        KEYS[key](viewport)
        check(viewport, points, log)


@given(curves, curves, st.booleans(), st.booleans(), keys, keys)
def test_they_do_so_over_other_curves_and_on_another_axis_too(
    before: list[Array], after: list[Array], log: bool, then_log: bool, pressed: str, more: str
) -> None:
    viewport = over(before, log)
    press(viewport, pressed)
    viewport.lie_over(after, "step", then_log)
    check(viewport, after, then_log)
    press(viewport, more)
    check(viewport, after, then_log)


POINTS = np.array([1.0, 2, 3, 5, 10, 30, 100, 110, 1000, 4000])


@given(st.booleans(), st.integers(1, 30), keys)
def test_zooming_in_and_out_again_returns(log: bool, times: int, pressed: str) -> None:
    viewport = over([POINTS], log)
    press(viewport, pressed)
    width = width_of(viewport, log)
    zoomed_by = min(2.0**times, width / (span(log) * NARROWEST))
    press(viewport, "+" * times)
    assert width_of(viewport, log) == pytest.approx(width / zoomed_by, rel=1e-3)
    press(viewport, "-" * times)
    out = min(width * 2**times / zoomed_by, span(log))
    assert width_of(viewport, log) == pytest.approx(out, rel=1e-3)


def span(log: bool) -> float:
    return float(np.log10(4000)) if log else 3999.0


def width_of(viewport: Viewport, log: bool) -> float:
    low, high = viewport.limits or (1.0, 4000.0)
    return float(np.log10(high) - np.log10(low)) if log else high - low


@pytest.mark.parametrize("log", [False, True])
def test_without_a_crosshair_the_same_range_returns(log: bool) -> None:
    viewport = over([POINTS], log)
    press(viewport, "++l")
    limits = viewport.limits
    press(viewport, "+-")
    assert viewport.limits == pytest.approx(limits)
    press(viewport, "--")
    assert viewport.limits is None


def test_the_crosshair_steps_over_every_point_and_stops_at_the_ends() -> None:
    viewport = over([POINTS[::2], POINTS[1::2]], True)
    press(viewport, ".g")
    seen = []
    for _ in range(len(POINTS) + 3):
        assert viewport.crosshair is not None
        seen.append(viewport.crosshair)
        press(viewport, "l")
    assert seen == [*POINTS, 4000, 4000, 4000]


@given(st.booleans(), st.integers(0, 9))
def test_a_leap_reaches_another_point_however_far_it_is(log: bool, place: int) -> None:
    viewport = over([POINTS], log)
    press(viewport, ".g" + "l" * place + "L")
    assert viewport.crosshair is not None
    assert viewport.crosshair > POINTS[place] or place == 9


def test_the_ends_are_reached_however_narrow_the_range_is() -> None:
    viewport = over([POINTS], True)
    press(viewport, "+" * 15 + "G")
    assert viewport.limits is not None
    assert viewport.limits[1] == pytest.approx(4000)
    press(viewport, "g")
    assert viewport.limits[0] == pytest.approx(1)


def test_what_was_in_sight_is_there_again_with_its_curves() -> None:
    viewport = over([POINTS], False)
    press(viewport, ".H+")
    before = viewport.crosshair, viewport.limits
    assert None not in before
    viewport.lie_over([np.array([0.0, 1.0])], "step", False)
    assert viewport.crosshair == 1
    viewport.lie_over([], "step", False)
    press(viewport, "+lLgG-")
    assert viewport.crosshair is None
    assert viewport.limits is None
    viewport.lie_over([POINTS], "step", False)
    assert (viewport.crosshair, viewport.limits) == before


def test_another_quantity_forgets_both_and_another_scale_the_range() -> None:
    viewport = over([POINTS], False)
    press(viewport, ".+")
    viewport.lie_over([POINTS], "step", True)
    assert viewport.limits is None
    assert viewport.crosshair is not None
    viewport.lie_over([POINTS], "seconds", True)
    assert viewport.crosshair is None
