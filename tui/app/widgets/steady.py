"""Widgets that stay as they are when the keyboard comes or goes."""

from __future__ import annotations

from textual import events
from textual.widget import Widget


class Steady(Widget):
    """Textual repaints every line of a widget that gains or loses the focus.

    Of ours at most one line looks different then, and the repainting took longer than all the rest
    of a change of views. A widget repaints what differs in ``watch_has_focus``.
    """

    def _on_focus(self, event: events.Focus) -> None:
        event.prevent_default()
        self.has_focus = True
        if self.parent is not None:
            self.parent.post_message(events.DescendantFocus(self))

    def _on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        self.has_focus = False
        if self.parent is not None:
            self.parent.post_message(events.DescendantBlur(self))
