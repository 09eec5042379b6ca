"""Critical size and capacity over the plane of a sweep, read as its runs come to their end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tui.app.widgets.latest import Latest
from tui.plots.cells import Key
from tui.plots.grid import Frontier

if TYPE_CHECKING:
    from tui.app.views.base import View

RELUCTANCE = 20  # of a reading's duration pass before the next: whole curves are looked through

_GLYPHS: Final = {"critical size": ("┃", "|"), "capacity": ("┇", ":")}


class Frontiers:
    """The curves over a sweep's plane; ``then`` is called when there are new ones."""

    def __init__(self, view: View, then: Callable[[], None]) -> None:
        self._view, self._then = view, then
        self._wanted = self._known_for = (0, -1)
        self._known: tuple[Frontier, ...] = ()
        self._not_before = 0.0
        self._read = Latest(view, self._query)

    def of(self, sweep: int, finished: int) -> tuple[Frontier, ...]:
        """What is known of a sweep of which so many runs have finished; asks for what is not."""
        if self._known_for[0] != sweep:
            self._known, self._not_before = (), 0.0
        self._wanted = (sweep, finished)
        if self._wanted != self._known_for and time.monotonic() >= self._not_before:
            self._read()
        return self._known

    async def _query(self) -> None:
        grok, wanted, began = self._view.grok, self._wanted, time.monotonic()
        if wanted == self._known_for:
            return
        rows = await grok.blocking(grok.library.rows, "frontiers", wanted[0])
        self._not_before = time.monotonic() + RELUCTANCE * (time.monotonic() - began)
        found: dict[str, dict[Key, float]] = {}
        for row in rows or []:
            found.setdefault(row["name"], {})[row["width"]] = row["train_size"]
        self._known = tuple(Frontier(name, *_GLYPHS[name], at) for name, at in found.items())
        self._known_for = wanted
        self._then()
