"""The SQL of this package by name: every statement lives in a .sql file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def sql(name: str) -> str:
    """Return the text of ``store/queries/<name>.sql``."""
    return (_FOLDER / "queries" / f"{name}.sql").read_text(encoding="utf-8")
