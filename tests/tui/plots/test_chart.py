from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.plots.pictures import assert_golden
from tui.plots.chart import Array, Axes, Mark, Marker, Series, render_chart, value_at
from tui.plots.colours import run_colour

STEPS = np.concatenate(([0.0], np.unique(np.round(np.logspace(0, 4.3, 200)))))


def sigmoid(centre: float, width: float) -> Array:
    """A learning curve over STEPS that passes one half at step 10^centre."""
    return 1 / (1 + np.exp(-(np.log10(np.maximum(STEPS, 1)) - centre) / width))


def grokking() -> list[Series]:
    return [
        Series("train", STEPS, sigmoid(2.3, 0.1), 214, marks=(Mark(500, "M"),)),
        Series(
            "validation",
            STEPS,
            sigmoid(3.7, 0.1),
            75,
            low=sigmoid(3.85, 0.1),
            high=sigmoid(3.55, 0.1),
            marks=(Mark(13000, "G"),),
        ),
    ]


@pytest.mark.parametrize("marker", ["braille", "block", "ascii"])
def test_a_grokking_run_on_a_log_axis(marker: Marker) -> None:
    chart = render_chart(grokking(), Axes("accuracy", log_x=True), 72, 14, marker=marker)
    assert_golden(f"grokking_{marker}", chart)


def test_the_crosshair_reads_every_curve() -> None:
    chart = render_chart(grokking(), Axes("accuracy", log_x=True), 72, 14, crosshair=5000)
    assert_golden("grokking_crosshair", chart)
    assert "step 5000" in chart.plain


def test_without_colour_letters_tell_curves_apart() -> None:
    chart = render_chart(grokking(), Axes("accuracy", log_x=True), 72, 14, colour=False)
    assert not chart.spans
    assert "a train" in chart.plain
    assert "b validation" in chart.plain
    assert_golden("grokking_no_colour", chart)


@pytest.mark.parametrize("marker", ["braille", "block", "ascii"])
def test_values_that_are_not_finite_are_named(marker: Marker) -> None:
    loss = 5.0 * np.exp(-STEPS / 3000)
    loss[120:] = np.nan
    loss[119] = np.inf
    chart = render_chart([Series("loss", STEPS, loss, 36)], Axes("loss"), 60, 10, marker=marker)
    assert f"∞ at step {STEPS[119]:.0f} and {len(STEPS) - 120} later" in chart.plain


def test_values_that_a_log_axis_cannot_show_are_counted() -> None:
    series = Series("loss", np.arange(1.0, 6.0), np.array([1.0, 0.0, -1.0, 2.0, 3.0]), 36)
    chart = render_chart([series], Axes("loss", log_y=True), 60, 10)
    assert "2 values ≤ 0 not on the log axis" in chart.plain


@pytest.mark.parametrize("marker", ["braille", "block", "ascii"])
@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([5.0], [0.25]),
        ([1.0, 2.0], [3.0, 3.0]),
        ([0.0], [0.0]),
        ([1.0, 2.0], [np.nan] * 2),
    ],
)
@pytest.mark.parametrize("log", [False, True])
def test_odd_series_draw(marker: Marker, x: list[float], y: list[float], log: bool) -> None:
    series = Series("odd", np.array(x), np.array(y), 36)
    chart = render_chart([series], Axes("odd", log_x=log, log_y=log), 50, 9, marker=marker)
    assert len(chart.plain.split("\n")) == 9


def test_names_are_literal() -> None:
    chart = render_chart([Series("[/b]x[red]", STEPS, sigmoid(2, 1), 36)], Axes("[b]t"), 60, 9)
    assert "[/b]x[red]" in chart.plain
    assert chart.plain.startswith("[b]t")


def test_curves_without_room_in_the_legend_are_counted() -> None:
    many = [Series(f"run {i}", STEPS, sigmoid(2, 1), run_colour(i)) for i in range(40)]
    assert "more" in render_chart(many, Axes(), 40, 16).plain.split("\n")[-1]


def test_a_spike_of_one_step_is_not_lost() -> None:
    x = np.arange(100_000.0)
    y = np.zeros_like(x)
    y[55_555] = 1.0
    for marker in ("braille", "block"):
        chart = render_chart([Series("loss", x, y, 36)], Axes(), 60, 12, marker=marker)
        top = chart.plain.split("\n")[1]
        assert top.split("┤")[-1].strip(), marker


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(0, 130),
    height=st.integers(1, 40),
    log_x=st.booleans(),
    log_y=st.booleans(),
    y=st.lists(st.floats(width=64), max_size=30),
    crosshair=st.none() | st.floats(-10, 100),
)
def test_any_size_and_any_values_fit(
    width: int, height: int, log_x: bool, log_y: bool, y: list[float], crosshair: float | None
) -> None:
    series = Series("any", np.arange(float(len(y))), np.array(y), 36)
    axes = Axes("any", log_x=log_x, log_y=log_y)
    lines = render_chart([series], axes, width, height, crosshair=crosshair).plain.split("\n")
    assert len(lines) == height
    assert max(map(len, lines)) <= width


def test_zooming_keeps_the_line_between_points_outside() -> None:
    series = Series("line", np.array([0.0, 100.0]), np.array([0.0, 100.0]), 36)
    chart = render_chart([series], Axes(x_limits=(40, 60), y_limits=(0, 100)), 40, 10)
    assert sum(chart.plain.count(chr(c)) for c in range(0x2801, 0x2900)) >= 30


def test_value_at_takes_the_nearest_point() -> None:
    series = Series("s", np.array([1.0, 10.0, 100.0]), np.array([0.1, 0.2, 0.3]), 36)
    assert value_at(series, 9) == 0.2
    assert value_at(series, 1) == 0.1
    assert value_at(series, 100) == 0.3
    assert value_at(series, 101) is None


def test_dashes_tell_curves_of_one_colour_apart_and_lose_no_spike() -> None:
    x = np.arange(200.0)
    y = np.zeros(200)
    y[101] = 1.0
    drawn = []
    for dash in (0, 1, 2):
        curve = Series("a", x, y, 33, dash=dash)
        text = render_chart([curve], Axes(y_limits=(0.0, 1.0)), 60, 12).plain
        rows = text.split("\n")
        assert any("\u2800" < c <= "\u28ff" for c in rows[1]), "the spike reaches the top"
        drawn.append(text)
    assert len(set(drawn)) == 3
    assert [text.split("\n")[-1].strip()[0] for text in drawn] == ["━", "╍", "┉"]


def test_a_long_title_leaves_room_for_the_crosshair() -> None:
    x = np.array([1.0, 100.0])
    text = render_chart([Series("a", x, x, 75)], Axes("a title " * 4), 30, 10, crosshair=100.0)
    first = text.plain.split("\n")[0]
    assert first.endswith(" step 100 ")
    assert first.startswith("a title")


def test_the_largest_numbers_have_ticks_on_a_log_axis() -> None:
    one = Series("a", np.array([1.0]), np.array([1.7e308]), 75)
    assert "1e308" in render_chart([one], Axes("t", log_y=True), 30, 8).plain
