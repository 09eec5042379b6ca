"""Notices that do not pile up."""

from __future__ import annotations

from textual.app import App
from textual.notifications import Notify


class SparingToasts(App[int]):
    """An app that says nothing again that is in sight already."""

    def on_notify(self, event: Notify) -> None:
        """Leave a notice out while the same one is shown; called before Textual's own handler."""
        if any(notice.message == event.notification.message for notice in self._notifications):
            event.prevent_default()
