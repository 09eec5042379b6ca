"""Choosing what the charts show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from tui.app.charting import METRICS, PANELS
from tui.app.screens.dialogs import Choose
from tui.app.state import ViewState


def choose_metrics(app: App[Any], state: ViewState, chosen: Callable[[], None]) -> None:
    """Ask for a set of charts or a metric; ``chosen`` is called after one was taken."""
    sets = [(name, name, ", ".join(m for panel in PANELS[name] for m in panel)) for name in PANELS]
    alone = [(metric, metric, "alone") for metric in METRICS]

    def take(name: str | None) -> None:
        if name is not None:
            state.metrics = name
            chosen()

    app.push_screen(Choose("What the charts show", [*alone, *sets], 22), take)
