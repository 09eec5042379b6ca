"""What keeps the process small: it may stay open for a day beside what trains."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

_M_ARENA_MAX = -8  # of malloc.h
_OLD = 3  # looks through the younger objects before one through all


def share_memory() -> None:
    """Let all threads allocate from one arena, where the C library can be told (glibc).

    Otherwise each thread that reads keeps what its largest query has used. Call it before any
    thread starts.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def collect_often() -> None:
    """Look for garbage three times as often as Python would.

    What lives is frozen (:func:`gc.freeze`), so that a look costs what there is of garbage: a
    tenth of a second's worth takes 5 ms, and is not noticed between two keys.
    """
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _OLD)


def return_memory() -> None:
    """Hand freed memory back to the system, where the C library can (glibc).

    After a look through millions of rows it keeps tens of megabytes for a process that may idle
    for the rest of the day.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
