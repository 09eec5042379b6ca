"""Work that supersedes itself: asked for while it is being done, it is done once more afterwards.

Cancelling and starting again instead would never show anything while requests come faster than
they can be met.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.dom import DOMNode


class Latest:
    """Calls an async function in a worker of ``node``, never twice at once."""

    def __init__(self, node: DOMNode, function: Callable[[], Awaitable[None]]) -> None:
        self._node, self._function = node, function
        self._busy = self._again = False

    def __call__(self) -> None:
        """Ask for a run that sees everything as it is now."""
        if self._busy:
            self._again = True
        else:
            self._busy = True
            self._node.run_worker(self._work())

    async def _work(self) -> None:
        try:
            while True:
                self._again = False
                await self._function()
                if not self._again:
                    return
        finally:
            self._busy = False
