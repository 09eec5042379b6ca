"""What can go wrong with a store, each as one sentence that a person can act on."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


THIS_PROGRAM = "another thread of this program"
"""The holder, where it is this process itself that is reading or writing."""


class StoreError(Exception):
    """Something is wrong with a store; ``str(error)`` is one clear sentence."""


class DatabaseHeld(StoreError):  # noqa: N818  (it names a situation that passes, not a fault)
    """Another program has the database open, and the time to wait for it is over."""

    def __init__(self, holder: str, waited: float) -> None:
        super().__init__(f"The database is held by {holder}; waited {waited:.0f} s for it.")
        self.holder = holder
        """The program and its process id, such as ``python3 notebook.py (PID 123)``."""
        self.waited = waited
        """Seconds that were spent waiting."""


def from_os_error(error: OSError, path: Path) -> StoreError:
    """Turn the operating system's refusal to write at ``path`` into a sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"The disk (or quota) that holds {path} is full; free some space.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError(f"No permission to write at {path}; choose another store folder.")
    return StoreError(f"Cannot write at {path}: {error.strerror or error}.")
