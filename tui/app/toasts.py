"""Notices that do not pile up."""

from __future__ import annotations

from typing import Any

from textual.app import App


class SparingToasts(App[int]):
    """An app that says nothing again that is in sight already."""

    def notify(self, message: str, **options: Any) -> None:
        """Show a notice, unless the same one is shown."""
        if all(notice.message != message for notice in self._notifications):
            super().notify(message, **options)
