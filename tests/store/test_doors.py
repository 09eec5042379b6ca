"""The doors for notebooks and other tools: relations, and an exported sweep."""

from __future__ import annotations

import doctest
from pathlib import Path

import duckdb
import numpy as np
import pytest

import store as package
from store import notebook
from store.checkpoints import read_checkpoint
from store.database import Store
from store.errors import DatabaseHeld, StoreError
from store.export import export_sweep
from store.queue import add_sweep
from store.spool import Batch, SpoolWriter, ingest
from tests.store.support import (
    all_of,
    config,
    line_of,
    rows_of,
    start,
    sweep_of,
    told,
    write_checkpoint,
)


@pytest.fixture
def filled(store: Store) -> Store:
    add_sweep(store, "odd 'name'", '# it\'s [b]\nname = "🐍"\n', [config(), config(seed=1)])
    sweep_of(store, 1)
    batch = Batch()
    for run_id in (1, 2, 3):
        for step in (0, 10):
            row = {"run_id": run_id, "attempt": 1, "step": step, "seconds": 0.5}
            batch.metrics.append({**row, "train_loss": step / 4 + run_id})
            written = write_checkpoint(
                store.layout, run_id, 1, step, {"w": np.full(2, run_id * 100 + step)}, {}
            )
            batch.checkpoints.append(
                {**row, "path": written.path, "bytes": written.bytes, "reason": "interval"}
            )
    SpoolWriter(store.layout, "w").write(batch)
    ingest(store, 10.0)
    return store


def test_relations_outlive_the_access_and_hold_nothing(filled: Store) -> None:
    s = package.open_store(filled.root)
    runs, metrics = s.runs(), s.metrics([2], ["train_loss"])
    child = start("hold", filled.root, "writing")  # a second program can write: all is free
    assert line_of(child) == "held"
    assert runs.filter("sweep_id = 1").count("*").fetchall() == [(2,)]
    assert metrics.fetchall() == [(2, 0, 2.0), (2, 10, 4.5)]
    with pytest.raises(DatabaseHeld):
        s.sql("SELECT 1", wait=0.05)
    all_of(told([child]))
    with filled.write(wait=10.0):
        pass


def test_every_relation_can_be_had(filled: Store) -> None:
    s = package.open_store(str(filled.root))
    assert [row[1] for row in s.sweeps().fetchall()] == ["odd 'name'", "test"]
    assert s.runs(2).count("*").fetchall() == [(1,)]
    assert s.metrics([1, 2, 3]).count("*").fetchall() == [(6,)]
    assert s.metrics([]).fetchall() == []
    assert s.zones(1).count("*").fetchall() == [(2,)]
    assert s.phase_grid(1).count("*").fetchall() == [(1,)]
    assert s.meanings().count("*").fetchall()[0][0] > 50
    assert s.sql("SELECT 'a' AS x").fetchnumpy()["x"].tolist() == ["a"]
    assert s.weights(2)["w"].tolist() == [210, 210]
    assert s.weights(2, step=0)["w"].tolist() == [200, 200]


def test_mistakes_get_sentences(filled: Store, tmp_path: Path) -> None:
    s = package.open_store(filled.root)
    with pytest.raises(StoreError, match="syntax error"):
        s.sql("SELEC 1")
    with pytest.raises(StoreError, match="Run 99 has no checkpoint at step 5"):
        s.weights(99, step=5)
    assert s.sql("SELECT 1").fetchall() == [(1,)]  # and the door still works
    with pytest.raises(StoreError, match="no sweep 99"):
        export_sweep(filled, 99, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_the_examples_in_the_documentation_are_true() -> None:
    assert doctest.testmod(notebook).failed == 0


def test_an_exported_sweep_needs_no_store(filled: Store, tmp_path: Path) -> None:
    folder = tmp_path / "it's" / "out"
    export_sweep(filled, 1, folder)
    export_sweep(filled, 1, folder)  # again over what is there
    assert (folder / "specification.toml").read_text() == '# it\'s [b]\nname = "🐍"\n'
    connection = duckdb.connect()
    for name in ("runs", "metrics", "milestones", "zones", "checkpoints"):
        found = connection.read_parquet(str(folder / f"{name}.parquet"))
        columns = [row[0] for row in rows_of(filled, f"DESCRIBE {name}")]
        assert found.columns == columns
        expected = rows_of(filled, f"SELECT * FROM {name} WHERE run_id < 3 ORDER BY ALL")
        assert found.order("ALL").fetchall() == expected
        assert len(expected) == (2 if name in ("runs", "milestones", "zones") else 4)
    checkpoints = connection.read_parquet(str(folder / "checkpoints.parquet"))
    for path, run_id, step in checkpoints.select("path, run_id, step").fetchall():
        assert read_checkpoint(folder / path)[0]["w"].tolist() == [run_id * 100 + step] * 2
