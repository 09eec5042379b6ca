"""Choosing a query: the saved ones, those that come with the app, and the earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from tui.app.querying import shipped_queries
from tui.app.screens.dialogs import Choose
from tui.app.state import ViewState


def choose_query(app: App[Any], state: ViewState, chosen: Callable[[str], None]) -> None:
    """Ask for a query; ``chosen`` is called with its text, if one was taken."""
    texts: dict[str, str] = {}
    lines = []
    for kind, queries in (
        ("saved", state.saved_queries),
        ("shipped", shipped_queries()),
        ("earlier", {text: text for text in reversed(state.sql_history)}),
    ):
        for name, text in queries.items():
            key = f"{kind}:{name}"
            texts[key] = text
            lines.append((key, kind, " ".join(name.split()) if kind == "earlier" else name))

    def take(key: str | None) -> None:
        if key:
            chosen(texts[key])

    app.push_screen(Choose("Queries", lines, 8), take)
