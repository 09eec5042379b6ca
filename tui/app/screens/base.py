"""The screen below all others, which the views share."""

from __future__ import annotations

from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget


class Base(Screen[None]):
    """When the keyboard moves, two widgets are repainted, and not the whole screen as Textual's."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
