"""Choosing which sweep the phase grid shows, and what its cells show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from textual.app import App

from tui.app.runtable import RunTable
from tui.app.screens.dialogs import Choose
from tui.plots.cells import MEASURES


def choose_sweep(app: App[Any], table: RunTable, chosen: Callable[[int], None]) -> None:
    """Ask for a sweep, the newest first; ``chosen`` is called with its id."""
    columns = table.columns
    runs: Counter[int] = Counter(columns["sweep_id"])
    ended = Counter(
        sweep
        for sweep, state in zip(columns["sweep_id"], columns["state"], strict=True)
        if state == "finished"
    )
    names = dict(zip(columns["sweep_id"], columns["sweep"], strict=True))

    lines = [
        (f"{sweep}", f"s{sweep} {names[sweep]}", f"{ended[sweep]} of {runs[sweep]} finished")
        for sweep in sorted(runs, reverse=True)
    ]
    first = min(40, max(len(name) for _, name, _ in lines) + 1)

    def take(key: str | None) -> None:
        if key is not None:
            chosen(int(key))

    app.push_screen(Choose("Sweep", lines, first), take)


def choose_measure(app: App[Any], chosen: Callable[[str], None]) -> None:
    """Ask for a measure; ``chosen`` is called with its key."""
    lines = [(key, key, measure.title) for key, measure in MEASURES.items()]

    def take(key: str | None) -> None:
        if key is not None:
            chosen(key)

    app.push_screen(Choose("What the cells show", lines, 26), take)
