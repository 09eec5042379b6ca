"""What is kept: DuckDB tables and views, the spool, safetensors checkpoints.

``store.open_store`` is the door for notebooks; see :mod:`store.notebook`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from store.notebook import Notebook


def open_store(path: str | Path | None = None) -> Notebook:
    """Open a store for a notebook or a script; see :func:`store.notebook.open_store`."""
    from store.notebook import open_store  # numpy and safetensors are not needed by all

    return open_store(path)
