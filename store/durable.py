"""Files that are there complete, or not at all, also after a power cut."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from store.errors import from_os_error
from store.faults import point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        StoreError: the disk is full, or the folder is gone.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise from_os_error(error, folder) from error


@contextmanager
def new_file(path: Path, kind: str) -> Iterator[BinaryIO]:
    """Write a file under a temporary name beside ``path``; name it ``path`` once it is durable.

    The name itself is durable only after :func:`sync_folder`, which serves many files at once.
    The mode follows the umask. ``kind`` is the word that the fault points carry. What is left
    by a failure is removed; what a kill leaves begins with a dot and is nobody's file.

    Raises:
        StoreError: the disk is full, or the folder cannot be written to.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            yield file
            point(f"{kind}: written")
            file.flush()
            os.fsync(file.fileno())
        point(f"{kind}: synced")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise from_os_error(error, path) from error
    point(f"{kind}: renamed")
