"""Named points at which a test may kill the process or make it fail.

The points stand where one durable step ends and the next begins; ``tests/store`` hits every one
of them with SIGKILL.
"""

from __future__ import annotations

from collections.abc import Callable

on_point: Callable[[str], None] | None = None
"""What happens at a point: nothing, unless a test sets this."""

POINTS = (
    "spool: before write",
    "spool: written",
    "spool: synced",
    "spool: renamed",
    "ingest: rows inserted",
    "ingest: committed",
    "checkpoint: written",
    "checkpoint: synced",
    "checkpoint: renamed",
    "removal: recorded",
)


def point(name: str) -> None:
    """Mark a named point."""
    if on_point is not None:
        on_point(name)
