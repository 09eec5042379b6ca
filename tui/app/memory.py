"""What keeps the process small: it may stay open for a day beside what trains."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

_M_ARENA_MAX = -8  # of malloc.h
_DUE, _MOST_PUT_OFF = 10, 50  # looks through the younger objects; the first is Python's own


def share_memory() -> None:
    """Let all threads allocate from one arena, where the C library can be told (glibc).

    Otherwise each thread that reads keeps what its largest query has used. Call it before any
    thread starts.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def put_off_garbage() -> None:
    """Let Python look through all objects seldom by itself, for it takes as long as a frame may.

    :func:`collect_garbage` does it when nobody types.
    """
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _MOST_PUT_OFF)


def collect_garbage() -> None:
    """Look through all objects, where Python would have done so by now."""
    if gc.get_count()[2] >= _DUE:
        gc.collect()


def return_memory() -> None:
    """Hand freed memory back to the system, where the C library can (glibc).

    After a look through millions of rows it keeps tens of megabytes for a process that may idle
    for the rest of the day.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
