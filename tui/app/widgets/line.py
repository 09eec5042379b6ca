"""A line to type in that is quiet, and keeps the order of what is typed."""

from __future__ import annotations

from textual import events
from textual.reactive import reactive
from textual.widgets import Input


class Line(Input):
    """Textual's input line with two differences.

    Its cursor does not blink: an idle app writes nothing to the terminal. And its bindings are
    carried out as soon as their key comes. In Textual they travel to the app and back, and letters
    that come in one burst with ctrl+u (typed fast, over a slow line) are inserted before it erases.
    """

    cursor_blink = reactive(False, init=False)

    async def _on_key(self, event: events.Key) -> None:
        bindings = self._bindings.key_to_bindings.get(event.key)
        if not bindings:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(bindings[0].action)
