"""Follows the store: looks whether it has changed, and reads what has.

Of a curve that grows only the new rows are read. Milestones come from the view that defines them,
which looks through whole curves, so those of running runs are read every few seconds.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from tui.app.library import Changes, NewRows, News, signature
from tui.app.memory import return_memory

if TYPE_CHECKING:
    from tui.app.app import GrokApp

VALUES_AT_FIRST, VALUES_AT_ONCE = 100, 400  # runs whose metrics one transaction looks through
MILESTONE_SECONDS = 5.0  # between two looks through the curves of running runs
LOOK_SECONDS = 0.9  # between two looks while rows come in; they come once a second
RELUCTANCE, MOST_PAUSE = 6, 5.0  # a store that is slow to read is read less often


class Reader:
    """Keeps the app's table and curves up to date with its store."""

    def __init__(self, app: GrokApp) -> None:
        self._app = app
        self._changes: Changes = ()
        self._mark: int | None = None
        self._milestones_at = 0.0
        self._seen: tuple[Any, ...] = ()
        self._not_before = 0.0
        self.reading = False

    def soon(self) -> None:
        """Look at the next opportunity, whatever the files' times say."""
        self._seen, self._not_before = (), 0.0
        self.poll()

    def poll(self) -> None:
        """Look, if anything has changed and nobody is looking."""
        if self.reading or time.monotonic() < self._not_before:
            return
        now = self._signature()
        if now == self._seen:
            return
        self.reading, self._seen = True, now
        self._app.run_worker(self._read(), group="read")

    def _signature(self) -> tuple[Any, ...]:
        """What changes with the store: its database, and which workers live."""
        return (*signature(self._app.store), *sorted(self._app.library.observer.alive()))

    async def _read(self) -> None:
        app, began, live, hurry = self._app, time.monotonic(), False, False
        try:
            due = app.table.running() if began - self._milestones_at > MILESTONE_SECONDS else []
            news: News | None = await app.blocking(app.library.news, self._changes, self._mark, due)
            if news is None:
                self._seen = ()  # try again
                return
            if due:
                self._milestones_at = began
            live = self._take_in(news)
            # the newest first, and few at first: those are in sight
            stale, at_once = app.table.stale()[::-1], VALUES_AT_FIRST
            much = len(stale) > at_once
            while stale:
                batch, stale, at_once = stale[:at_once], stale[at_once:], VALUES_AT_ONCE
                values = await app.blocking(app.library.values, batch)
                if values is None:
                    self._seen = ()
                    return
                app.table.set_values(*values)
                app.changed()
                if stale and self._signature() != self._seen:
                    hurry = True  # a new sweep does not wait until ten thousand old runs are read
                    return
            if much:
                gc.freeze()  # a look for garbage through ten thousand runs takes 50 ms
                await app.blocking(return_memory)
        finally:
            self.reading = False
            took = time.monotonic() - began
            pause = min(MOST_PAUSE, RELUCTANCE * took)
            self._not_before = began + max(took + pause, LOOK_SECONDS if live else 0.0)
            if hurry:
                self._not_before = 0.0
                app.call_later(self.poll)

    def _take_in(self, news: News) -> bool:
        """Bring the table up to date; whether there were new rows."""
        app, table = self._app, self._app.table
        self._changes, self._mark = news.changes, news.mark
        if news.overview is not None:
            table.set_overview(*news.overview)
        if news.rows is None:
            table.forget_curves()
        grown = list(_by_run(news.rows)) if news.rows else []
        for run_id, rows in grown:
            before = table.version(run_id)
            table.add_rows(run_id, rows)
            app.curves.extend(run_id, rows, before)
        if news.values is not None:
            table.set_values(*news.values)
        if grown or news.overview is not None or news.values is not None or news.rows is None:
            app.changed()
        return bool(grown)


def _by_run(rows: NewRows) -> list[tuple[int, dict[str, Any]]]:
    """The rows of each run, in the order in which they were recorded."""
    runs = rows["run_id"]
    if not len(runs):
        return []
    order = np.argsort(runs, kind="stable")
    cuts = np.flatnonzero(np.diff(runs[order])) + 1
    return [
        (int(runs[part[0]]), {name: column[part] for name, column in rows.items()})
        for part in np.split(order, cuts)
    ]
