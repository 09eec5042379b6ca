"""Making a new database, and bringing an old one forward.

Version 1 is the first ``schema.sql``; each file ``migrations/NNNN_name.sql`` makes version NNNN.
The views carry no version: they are made again whenever ``views.sql``, ``study.sql`` or
``meanings.sql`` differs from the text that made them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from store.durable import sync_folder
from store.errors import StoreError
from store.names import sql

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent
_VIEWS = ("views.sql", "study.sql", "meanings.sql")


class Version(NamedTuple):
    """What a database was made with."""

    schema: int
    views: str


@cache
def migrations(folder: Path = _FOLDER / "migrations") -> Mapping[int, Path]:
    """Return the migration files by the version that each of them makes."""
    return {int(path.name.split("_")[0]): path for path in sorted(folder.glob("[0-9]*_*.sql"))}


@cache
def wanted_version() -> Version:
    """Return what this program makes a database with."""
    digest = hashlib.sha256(_views().encode()).hexdigest()
    return Version(max(migrations(), default=1), digest)


def version_of(connection: duckdb.DuckDBPyConnection, database: Path) -> Version:
    """Return what made this database; StoreError when it is no store, or a newer one."""
    try:
        row = connection.execute(sql("version")).fetchone()
    except duckdb.CatalogException:
        row = None
    if row is None:
        raise StoreError(f"{database} is a DuckDB database, but not one of grok-tui.")
    version = Version(row[0], row[1] or "")
    newest = wanted_version().schema
    if version.schema > newest:
        raise StoreError(
            f"{database} was written by a newer grok-tui (its tables are version "
            f"{version.schema}, this one knows {newest}); update grok-tui to open it."
        )
    return version


def upgrade(connection: duckdb.DuckDBPyConnection, version: Version) -> None:
    """Bring tables and views forward, inside the caller's transaction."""
    wanted = wanted_version()
    for number, path in migrations().items():
        if number > version.schema:
            connection.execute(path.read_text(encoding="utf-8"))
    connection.execute(_views())
    connection.execute(sql("set_version"), wanted._asdict())


def _views() -> str:
    texts = [(_FOLDER / name).read_text(encoding="utf-8") for name in _VIEWS]
    return "\n".join(texts)


def make(database: Path) -> None:
    """Make a new database with tables and views; it appears complete or not at all.

    The caller holds the lock that keeps other makers away.
    """
    unfinished = database.with_suffix(".new")
    for leftover in (unfinished, unfinished.with_suffix(".new.wal")):
        leftover.unlink(missing_ok=True)
    connection = duckdb.connect(str(unfinished))
    try:
        connection.execute((_FOLDER / "schema.sql").read_text(encoding="utf-8"))
        connection.execute(sql("first_version"))
        upgrade(connection, wanted_version())
    finally:
        connection.close()
    unfinished.replace(database)
    sync_folder(database.parent)
