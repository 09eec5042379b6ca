"""Order among the threads of this process that want the same database file.

DuckDB lets one process have a file open for reading *or* for writing, and refuses a second
connection with another configuration. So inside a process many threads may read together, or
one may write; the file lock orders processes in the same way.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from store.errors import THIS_PROGRAM, DatabaseHeld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_gates: dict[Path, Gate] = {}
_gates_lock = threading.Lock()


class Gate:
    """A lock for many readers or one writer; a waiting writer goes before new readers.

    It is not reentrant: a thread that is inside and comes again would wait for itself, so that
    is refused with RuntimeError at once.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: set[int] = set()
        self._writing = False
        self._writers_waiting = 0
        self.configuring = threading.Lock()
        """Held while settings that the connections share are looked at and made."""

    @contextmanager
    def reading(self, deadline: float) -> Iterator[None]:
        """Enter with other readers before ``deadline`` (time.monotonic) or raise DatabaseHeld."""
        with self._changed:
            self._wait(lambda: not self._writing and not self._writers_waiting, deadline)
            self._inside.add(threading.get_ident())
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def writing(self, deadline: float) -> Iterator[None]:
        """Enter alone before ``deadline`` (time.monotonic) or raise DatabaseHeld."""
        with self._changed:
            self._writers_waiting += 1
            try:
                self._wait(lambda: not self._inside, deadline)
            finally:
                self._writers_waiting -= 1
                self._changed.notify_all()
            self._inside.add(threading.get_ident())
            self._writing = True
        try:
            yield
        finally:
            self._leave()

    def _wait(self, free: Callable[[], bool], deadline: float) -> None:
        if threading.get_ident() in self._inside:
            raise RuntimeError("this thread already has the database open")
        began = time.monotonic()
        if not self._changed.wait_for(free, max(0.0, deadline - began)):
            raise DatabaseHeld(THIS_PROGRAM, time.monotonic() - began)

    def _leave(self) -> None:
        with self._changed:
            self._inside.discard(threading.get_ident())
            self._writing = False
            self._changed.notify_all()


def gate_of(database: Path) -> Gate:
    """Return the one gate that this process has for a database file."""
    with _gates_lock:
        return _gates.setdefault(database.resolve(), Gate())
