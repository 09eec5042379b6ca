"""Every row that was acknowledged is in the database exactly once, whatever happens."""

from __future__ import annotations

import errno
import logging
import math
import os
import signal
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import faults, spool
from store.database import Store
from store.errors import DatabaseHeld, StoreError
from store.spool import Batch, SpoolWriter, damaged, ingest, waiting
from store.spool_rows import KINDS
from tests.store.children import ROWS
from tests.store.support import all_of, line_of, rows_of, start, told

POINTS = [point for point in faults.POINTS if point.startswith(("spool", "ingest"))]


def metric(step: int, **values: object) -> dict[str, object]:
    return {"run_id": 1, "attempt": 1, "step": step, "seconds": 0.5, **values}


def steps(store: Store) -> list[int]:
    return [row[0] for row in rows_of(store, "SELECT step FROM metric_log ORDER BY step")]


@pytest.mark.parametrize("visit", [1, 3])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_neither_loses_nor_doubles_a_row(
    store: Store, point: str, visit: int
) -> None:
    child = start("record", store.root, point, visit)
    output = child.communicate(timeout=60)[0]
    assert child.returncode == -signal.SIGKILL

    ingest(store, 10.0)
    ingest(store, 10.0)

    acknowledged = len(output.split())
    found = steps(store)
    assert len(found) == len(set(found))
    whole_batches = {step // ROWS for step in found}
    assert len(found) == ROWS * len(whole_batches)
    assert set(range(acknowledged)) <= whole_batches
    assert waiting(store.layout) == []


def test_two_processes_that_ingest_at_once_share_the_work(store: Store) -> None:
    writers = [SpoolWriter(store.layout, f"worker-{i}") for i in range(2)]
    for number in range(100):
        writers[number % 2].write(Batch(metrics=[metric(number)]))
    children = [start("ingest_all", store.root) for _ in range(2)]
    assert [line_of(child) for child in children] == ["ready", "ready"]
    counts = all_of(told(children))
    assert sum(int(lines[0]) for lines in counts) == 100
    assert steps(store) == list(range(100))
    assert waiting(store.layout) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text[:-1],
        lambda text: text + bytes(4096),
        lambda text: text.replace(b"0.5", b"0.7"),
        lambda text: b"",
        lambda text: b"{}\n",
        lambda text: bytes(len(text)),
        lambda text: b"\xff" + text,
    ],
)
def test_a_damaged_batch_is_put_aside_and_holds_up_nobody(
    store: Store, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    writer = SpoolWriter(store.layout, "w")
    paths = [writer.write(Batch(metrics=[metric(step)])) for step in range(3)]
    paths[1].write_bytes(damage(paths[1].read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert ingest(store, 10.0) == 2
    assert steps(store) == [0, 2]
    assert [path.name for path in damaged(store.layout)] == [paths[1].name]
    assert paths[1].name in caplog.text
    assert waiting(store.layout) == []


def test_batches_arrive_in_the_order_in_which_a_worker_wrote_them(store: Store) -> None:
    writer = SpoolWriter(store.layout, "w")
    for number in range(12):
        event = {"run_id": 1, "attempt": 1, "state": "running", "step": number}
        writer.write(Batch(events=[event]))
        if number == 5:  # as a worker of the same name would go on
            writer = SpoolWriter(store.layout, "w")
    ingest(store, 10.0)
    found = rows_of(store, "SELECT step FROM run_event_log ORDER BY event_id")
    assert [row[0] for row in found] == list(range(12))


def test_rows_wait_while_someone_holds_the_database(store: Store) -> None:
    SpoolWriter(store.layout, "w").write(Batch(metrics=[metric(1)]))
    child = start("hold", store.root, "reading")
    assert line_of(child) == "held"
    with pytest.raises(DatabaseHeld):
        ingest(store, 0.1)
    assert len(waiting(store.layout)) == 1
    all_of(told([child]))
    assert ingest(store, 10.0) == 1


def test_values_survive_as_they_are(store: Store) -> None:
    text = 'it\'s "quoted" [bold]markup[/] 🐍 \x1b[31m \u202ertl\n'
    rows = [
        metric(1, train_loss=math.nan, validation_loss=-math.inf, parameter_norm=math.inf),
        metric(np.int64(2), train_loss=np.float32(0.1), validation_loss=None),  # type: ignore[arg-type]
    ]
    events = [{"run_id": 1, "attempt": 1, "state": "failed", "detail": text + "\ud800"}]
    SpoolWriter(store.layout, "a/b:0 '").write(Batch(metrics=rows, events=events))
    ingest(store, 10.0)
    first, second = rows_of(
        store,
        "SELECT train_loss, validation_loss, parameter_norm, train_accuracy "
        "FROM metric_log ORDER BY step",
    )
    assert math.isnan(first[0])
    assert first[1:] == (-math.inf, math.inf, None)
    assert second == (float(np.float32(0.1)), None, None, None)
    assert rows_of(store, "SELECT detail, recorded_at IS NULL FROM run_event_log") == [
        (text + "?", False)
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"run_id": 1},
        metric(1, nonsense=3),
        metric(1, train_loss="high"),
        {**metric(1), "step": 1.5},
        {**metric(1), "step": 2**40},
    ],
)
def test_a_row_that_the_table_would_refuse_does_not_reach_the_spool(
    store: Store, row: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"metric_log|could not convert"):
        SpoolWriter(store.layout, "w").write(Batch(metrics=[row]))
    assert waiting(store.layout) == []


def test_the_columns_of_a_batch_are_those_of_the_tables(store: Store) -> None:
    for table, columns in KINDS.values():
        found = rows_of(store, f"DESCRIBE {table}")
        assert [row[0] for row in found if row[0] != "event_id"] == list(columns)
        nullable = {row[0] for row in found if row[2] == "YES"}
        assert nullable == {name for name, column in columns.items() if not column.required}


def test_a_full_disk_keeps_the_rows_with_the_caller(store: Store) -> None:
    def full(point: str) -> None:
        if point == "spool: written":
            raise OSError(errno.ENOSPC, "No space left on device")

    writer = SpoolWriter(store.layout, "w")
    batch = Batch(metrics=[metric(1)])
    faults.on_point = full
    with pytest.raises(StoreError, match="full"):
        writer.write(batch)
    assert [path for path in store.layout.spool.iterdir() if path.is_file()] == []
    faults.on_point = None
    writer.write(batch)
    assert ingest(store, 10.0) == 1


def test_names_of_batches_that_are_gone_are_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_NAMES_KEPT", 5)
    writer = SpoolWriter(store.layout, "w")
    for step in range(30):
        writer.write(Batch(metrics=[metric(step)]))
        ingest(store, 10.0)
    assert rows_of(store, "SELECT count(*) FROM spool_batch")[0][0] <= 7
    assert steps(store) == list(range(30))


def test_a_name_is_kept_as_long_as_its_file_is_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_NAMES_KEPT", 0)
    writer = SpoolWriter(store.layout, "w")
    path = writer.write(Batch(metrics=[metric(0)]))
    text = path.read_bytes()
    ingest(store, 10.0)
    path.write_bytes(text)  # as if the process had died before it unlinked
    for step in (1, 2):
        writer.write(Batch(metrics=[metric(step)]))
        ingest(store, 10.0)
    assert steps(store) == [0, 1, 2]


def test_much_that_waited_is_ingested_in_parts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_BYTES_AT_ONCE", 2000)
    writer = SpoolWriter(store.layout, "w")
    for step in range(40):
        writer.write(Batch(metrics=[metric(step)]))
    assert ingest(store, 10.0) == 40
    assert steps(store) == list(range(40))


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(st.tuples(st.floats(), st.none() | st.floats(width=32)), min_size=1))
def test_any_floats_round_trip(store: Store, values: list[tuple[float, float | None]]) -> None:
    rows = [metric(step, train_loss=a, validation_loss=b) for step, (a, b) in enumerate(values)]
    with store.write() as connection:
        connection.execute("DELETE FROM metric_log")
    SpoolWriter(store.layout, "w").write(Batch(metrics=rows))
    ingest(store, 10.0)
    found = rows_of(store, "SELECT train_loss, validation_loss FROM metric_log ORDER BY step")
    assert repr(found) == repr(values)


def test_a_batch_follows_the_umask(store: Store) -> None:
    before = os.umask(0o027)
    try:
        path: Path = SpoolWriter(store.layout, "w").write(Batch(metrics=[metric(1)]))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


def test_one_opening_serves_rows_and_a_question(store: Store) -> None:
    counts = []

    def count(connection: duckdb.DuckDBPyConnection) -> None:
        counts.extend(connection.execute("SELECT count(*) FROM metric_log").fetchall())

    SpoolWriter(store.layout, "w").write(Batch(metrics=[metric(0)]))
    assert ingest(store, 10.0, count) == 1
    assert ingest(store, 10.0, count) == 0
    assert counts == [(1,), (1,)]
