"""What people do to runs that are not being trained: remove, tag, and note them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.errors import StoreError
from store.names import sql
from store.spool import ingest

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from store.database import Store


def remove(store: Store, run_ids: Iterable[int], wait: float = 30.0) -> int:
    """Delete runs with their rows and checkpoint files; return how many there were.

    All rows go in one transaction, then the files: a kill in between leaves files without rows,
    which are garbage. A sweep stays, also without runs; :func:`remove_sweep` deletes it.

    Raises:
        StoreError: a run is being trained; nothing is removed.
    """
    ingest(store, wait)  # rows that wait in the spool must not arrive after their run is gone
    with store.write(wait) as connection:
        ids = list(dict.fromkeys(run_ids))
        removed, files = _remove_rows(connection, ids)
    _remove_files(store, files)
    return removed


def remove_sweep(store: Store, sweep_id: int, wait: float = 30.0) -> int:
    """Delete a sweep with all its runs, as :func:`remove` does; return how many runs it had."""
    ingest(store, wait)
    with store.write(wait) as connection:
        ids = [row[0] for row in connection.execute(sql("runs_of_sweep"), [sweep_id]).fetchall()]
        removed, files = _remove_rows(connection, ids)
        connection.execute(sql("remove_sweep"), {"sweep_id": sweep_id})
    _remove_files(store, files)
    return removed


def _remove_rows(connection: duckdb.DuckDBPyConnection, ids: list[int]) -> tuple[int, list[str]]:
    states = connection.execute(sql("states_of"), {"run_ids": ids}).fetchall()
    running = [run_id for run_id, _, state, *_ in states if state == "running"]
    if running:
        named = ", ".join(map(str, running[:5])) + (" …" if len(running) > 5 else "")
        raise StoreError(
            f"Runs that are being trained cannot be removed: {named}; stop them first."
        )
    found = connection.execute(sql("checkpoint_paths"), {"run_ids": ids}).fetchall()
    files = [path for (path,) in found]
    for statement in connection.extract_statements(sql("remove_runs")):
        connection.execute(statement, {"run_ids": ids})
    return len(states), files


def _remove_files(store: Store, files: list[str]) -> None:
    for path in files:
        (store.root / path).unlink(missing_ok=True)
    for folder in {(store.root / path).parent for path in files}:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def tag(store: Store, run_ids: Iterable[int], word: str, wait: float = 30.0) -> None:
    """Attach a word to runs; those that have it already keep it once.

    Raises:
        StoreError: the word is empty.
    """
    if not word.strip():
        raise StoreError("A tag is a word; an empty one cannot be attached.")
    with store.write(wait) as connection:
        connection.execute(sql("tag_runs"), {"run_ids": list(run_ids), "tag": word})


def untag(store: Store, run_ids: Iterable[int], word: str, wait: float = 30.0) -> None:
    """Take a word from runs."""
    with store.write(wait) as connection:
        connection.execute(sql("untag_runs"), {"run_ids": list(run_ids), "tag": word})


def set_note(store: Store, run_ids: Iterable[int], note: str, wait: float = 30.0) -> None:
    """Write a note on runs, in place of the one before; an empty one takes it away."""
    with store.write(wait) as connection:
        ids = list(run_ids)
        connection.execute(sql("clear_notes"), {"run_ids": ids})
        connection.execute(sql("note_runs"), {"run_ids": ids, "note": note})


def set_sweep_note(store: Store, sweep_id: int, note: str, wait: float = 30.0) -> None:
    """Write a note on a sweep, in place of the one before."""
    with store.write(wait) as connection:
        connection.execute(sql("note_sweep"), {"sweep_id": sweep_id, "note": note})
