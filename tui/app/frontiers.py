"""Critical size and capacity over the plane of a sweep, read as its runs come to their end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tui.app.widgets.latest import Latest
from tui.plots.cells import Key
from tui.plots.grid import Frontier
from tui.plots.slices import Slice

if TYPE_CHECKING:
    from tui.app.views.base import View

RELUCTANCE = 20  # of a reading's duration pass before the next: whole curves are looked through

_GLYPHS: Final = {"critical size": ("┃", "|"), "capacity": ("┇", ":")}


_OF_CAPACITY: Final = frozenset(
    {"modulus", "depth", "heads", "feed_forward", "batch_size", "learning_rate", "weight_decay"}
)
"""The keys that capacity depends on; it is that of a model, whatever task is on the plane."""

_OF_CRITICAL_SIZE: Final = _OF_CAPACITY | {"task", "memorization_size", "steps"}

Row = Mapping[str, Any]


class Frontiers:
    """The curves over a sweep's plane; ``then`` is called when there are new ones."""

    def __init__(self, view: View, then: Callable[[], None]) -> None:
        self._view, self._then = view, then
        self._wanted = self._known_for = (0, -1)
        self._rows: Sequence[Row] = ()
        self._not_before = 0.0
        self._read = Latest(view, self._query)

    def of(self, sweep: int, finished: int, plane: Slice) -> tuple[Frontier, ...]:
        """What is known of one slice of a sweep of which so many runs have finished.

        Asks for what is not known.
        """
        if self._known_for[0] != sweep:
            self._rows, self._not_before = (), 0.0
        self._wanted = (sweep, finished)
        if self._wanted != self._known_for and time.monotonic() >= self._not_before:
            self._read()
        return frontiers(self._rows, plane)

    async def _query(self) -> None:
        grok, wanted, began = self._view.grok, self._wanted, time.monotonic()
        if wanted == self._known_for:
            return
        self._rows = await grok.blocking(grok.library.rows, "frontiers", wanted[0]) or ()
        self._not_before = time.monotonic() + RELUCTANCE * (time.monotonic() - began)
        self._known_for = wanted
        self._then()


def frontiers(rows: Sequence[Row], plane: Slice) -> tuple[Frontier, ...]:
    """The curves of a slice, from rows of ``frontiers.sql``.

    A width where more than one row is of the slice has none: they differ in what is not shown.
    """
    found: dict[str, dict[Key, float]] = {}
    for name, keys in (("critical size", _OF_CRITICAL_SIZE), ("capacity", _OF_CAPACITY)):
        if name == "critical size" and any(key not in keys for key, _ in plane):
            continue  # it was worked out over runs of several slices
        ours = [
            row
            for row in rows
            if row["name"] == name and all(row[k] == v for k, v in plane if k in keys)
        ]
        widths = [row["width"] for row in ours]
        alone = {r["width"]: r["train_size"] for r in ours if widths.count(r["width"]) == 1}
        if alone:
            found[name] = alone
    return tuple(Frontier(name, *_GLYPHS[name], at) for name, at in found.items())
