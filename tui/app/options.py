"""The options of charts that keys go through one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tui.app.charting import PANELS, X_LABELS
from tui.app.state import ViewState
from tui.plots.smoothing import LEVELS

Value = TypeVar("Value")


def after(values: Sequence[Value], now: Value) -> Value:
    """The value after ``now``, the first one again after the last or if it is not among them."""
    return values[(values.index(now) + 1) % len(values)] if now in values else values[0]


def next_metrics(state: ViewState) -> None:
    """Another set of charts."""
    state.metrics = after(list(PANELS), state.metrics)


def next_x(state: ViewState) -> None:
    """Another quantity as x."""
    state.x_axis = after(list(X_LABELS), state.x_axis)


def next_smoothing(state: ViewState) -> None:
    """Another strength of smoothing."""
    state.smoothing = after(LEVELS, state.smoothing)


def in_words(state: ViewState) -> list[str]:
    """What of it changes how curves look."""
    words = [state.metrics, ("log " if state.log_x else "") + X_LABELS[state.x_axis]]
    if state.log_y:
        words.append("log y")
    if state.smoothing:
        words.append(f"smoothed {state.smoothing:g}")
    if state.bands:
        words.append("mean and 95 % band over seeds")
    return words
