"""A sweep as files that any tool reads."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from store.checkpoints import Checkpoint, known_checkpoints
from store.errors import StoreError, from_os_error
from store.names import sql
from store.query import to_file

if TYPE_CHECKING:
    from pathlib import Path

    from store.database import Store

TABLES = ("runs", "metrics", "milestones", "zones", "checkpoints")


def export_sweep(store: Store, sweep_id: int, folder: Path) -> None:
    """Write a sweep to ``folder``, which is made where it is missing.

    It gets ``runs.parquet``, ``metrics.parquet``, ``milestones.parquet``, ``zones.parquet`` and
    ``checkpoints.parquet`` (the rows of the views of these names), ``checkpoints/`` with the
    safetensors files under the paths that ``checkpoints.parquet`` names, and
    ``specification.toml``, which makes the same runs again.

    Raises:
        StoreError: there is no such sweep, or the folder cannot be written to.
    """
    with store.read() as connection:
        row = connection.execute(sql("specification"), {"sweep_id": sweep_id}).fetchone()
        if row is None:
            raise StoreError(f"There is no sweep {sweep_id}.")
        ids = [row[0] for row in connection.execute(sql("runs_of_sweep"), [sweep_id]).fetchall()]
        checkpoints = known_checkpoints(connection, store.root, ids)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "specification.toml").write_text(row[0], encoding="utf-8")
        for checkpoint in checkpoints:
            _copy(store, checkpoint, folder)
    except OSError as error:
        raise from_os_error(error, folder) from error
    for table in TABLES:
        query = sql("export").replace("{table}", table).replace("{sweep_id}", str(int(sweep_id)))
        to_file(store, query, folder / f"{table}.parquet", "parquet")


def _copy(store: Store, checkpoint: Checkpoint, folder: Path) -> None:
    target = folder / checkpoint.path.relative_to(store.root)
    target.parent.mkdir(parents=True, exist_ok=True)
    if checkpoint.path.is_file():  # the retention rule may have removed it since
        shutil.copyfile(checkpoint.path, target)
