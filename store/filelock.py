"""Locks that the kernel frees when their holder dies: flock on a file of their own."""

from __future__ import annotations

import fcntl
import os
import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from store.errors import StoreError, from_os_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(path: Path, wait: float, what: str) -> Iterator[None]:
    """Hold the lock file at ``path`` alone, after at most ``wait`` seconds.

    Raises StoreError, saying ``what`` is going on elsewhere, when the wait is over. The file may
    be unlinked by whoever holds it, or knows that nobody does.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise from_os_error(error, path) from error
        try:
            if _taken(descriptor, path):
                yield
                return
        finally:
            os.close(descriptor)
        if time.monotonic() >= deadline:
            raise StoreError(f"{what} ({path} is locked for {wait:.0f} s).")
        time.sleep(random.uniform(0.005, 0.02))


def _taken(descriptor: int, path: Path) -> bool:
    """Try to lock; also False if the file is no longer the one of that name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def is_held(path: Path) -> bool:
    """Return whether some process holds the lock file at ``path`` alone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # shared, so that two askers do not take each other for the holder
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
