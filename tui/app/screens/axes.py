"""Choosing the axes of the phase grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.app import App

from tui.app.runtable import CONFIG_KEYS
from tui.app.screens.dialogs import Ask


def ask_axes(
    app: App[Any],
    now: tuple[str, str],
    differing: Sequence[str],
    chosen: Callable[[str, str], None],
) -> None:
    """Ask for two configuration keys; ``chosen`` is called with that of the rows and columns."""

    def check(text: str) -> str | None:
        keys = _keys(text)
        unknown = [key for key in keys if key not in CONFIG_KEYS]
        if unknown:
            return f"There is no configuration key '{unknown[0]}'."
        return None if len(keys) == 2 and keys[0] != keys[1] else "Two different keys, please."

    def done(text: str | None) -> None:
        if text is not None:
            chosen(*_keys(text))

    hint = f"rows, columns; what differs here: {', '.join(differing) or 'nothing'}"
    app.push_screen(Ask("Axes", ", ".join(now), hint, check), done)


def _keys(text: str) -> list[str]:
    return text.replace(",", " ").split()
