"""What keeps the process small: it may stay open for a day beside what trains."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress
from types import ModuleType
from typing import cast

_M_ARENA_MAX = -8  # of malloc.h
_OLD = 3  # looks through the younger objects before one through all


def share_memory() -> None:
    """Let all threads allocate from one arena, where the C library can be told (glibc).

    Otherwise each thread that reads keeps what its largest query has used. Call it before any
    thread starts.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def import_asyncio_without_tls() -> None:
    """Import asyncio as if Python were built without OpenSSL, which is 4 MB; it allows for that.

    The app opens no connection. Whoever imports ``ssl`` later gets it.
    """
    if "asyncio" in sys.modules or "ssl" in sys.modules:
        return
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules["ssl"] = None  # an import of it fails
    try:
        import asyncio  # noqa: F401
    finally:
        del modules["ssl"]


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
