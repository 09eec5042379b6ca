"""SQL that people type: fenced, cancelled, capped, exported."""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
from pathlib import Path

import duckdb
import pytest

from store.database import Store
from store.errors import StoreError
from store.query import Cancel, run, to_file
from tests.store.support import rows_of, sweep_of


def test_a_result_has_columns_types_and_rows(store: Store) -> None:
    sweep_of(store, 5)
    result = run(store, "SELECT run_id, 'x''y' AS \"a b\", 1.5::DOUBLE AS d FROM runs ORDER BY 1")
    assert result.columns == ["run_id", "a b", "d"]
    assert result.types == ["INTEGER", "VARCHAR", "DOUBLE"]
    assert result.rows == [(i, "x'y", 1.5) for i in range(1, 6)]
    assert not result.truncated


@pytest.mark.parametrize(
    ("limit", "rows", "truncated"), [(0, 0, True), (4, 4, True), (5, 5, False)]
)
def test_a_limit_says_whether_there_was_more(
    store: Store, limit: int, rows: int, truncated: bool
) -> None:
    result = run(store, "SELECT * FROM range(5)", limit=limit)
    assert (len(result.rows), result.truncated) == (rows, truncated)


def test_several_statements_give_the_last_result(store: Store) -> None:
    result = run(store, "CREATE TEMP TABLE t AS SELECT 7 AS i; -- a ; here\nFROM t;")
    assert result.rows == [(7,)]
    with pytest.raises(StoreError, match="t does not exist"):
        run(store, "FROM t")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT x frm y", r"syntax error(.|\n)*LINE 1: SELECT x frm y\n *\^"),
        ("SELECT\n nonsense FROM runs", r"nonsense(.|\n)*LINE 2"),
        ("SELECT * FROM nowhere", "nowhere does not exist"),
        ("  ", "no SQL"),
        ("-- nothing", "no SQL"),
    ],
)
def test_a_mistake_gets_the_engines_message_and_position(
    store: Store, query: str, message: str
) -> None:
    with pytest.raises(StoreError, match=message):
        run(store, query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '{outside}/x.csv'",
        "COPY (SELECT 1) TO '{root}/exports/../../x.csv'",
        "COPY (SELECT 1) TO '{root}/checkpoints/x.csv'",
        "EXPORT DATABASE '{outside}/x'",
        "ATTACH '{outside}/x.duckdb' AS x",
        "SELECT * FROM read_blob('{root}/grok.duckdb')",
        "COPY (SELECT 1) TO '{root}/grok.duckdb'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET lock_configuration = false",
        "INSTALL httpfs",
        "LOAD httpfs",
        "DROP TABLE metric_log",
        "INSERT INTO run_tag VALUES (1, 'x')",
        "UPDATE threshold SET value = 0",
        "CREATE TABLE t (i INTEGER)",
        "SELECT * FROM secret",
    ],
)
def test_the_fence_holds(store: Store, tmp_path: Path, query: str) -> None:
    secret = [1, 2, 3]  # what a query must not find among Python's variables
    outside = tmp_path / "outside"
    outside.mkdir()
    before = rows_of(store, "SELECT * FROM threshold ORDER BY ALL")
    with pytest.raises(StoreError):
        run(store, query.replace("{outside}", str(outside)).replace("{root}", str(store.root)))
    assert list(outside.iterdir()) == []
    assert len(secret) == 3
    assert rows_of(store, "SELECT * FROM threshold ORDER BY ALL") == before


def test_ctrl_c_while_the_engine_computes_is_a_keyboard_interrupt(store: Store) -> None:
    endless = "SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE a.range % 7 = 3"
    # a shell that starts the tests in the background has them ignore SIGINT
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    ctrl_c = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    ctrl_c.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run(store, endless)
    finally:
        signal.signal(signal.SIGINT, before)
    assert run(store, "SELECT 1").rows == [(1,)]


def test_columns_of_one_name_are_told_apart_as_in_a_file(store: Store, tmp_path: Path) -> None:
    query = "SELECT 1 AS a, 2 AS b, 3 AS a, 4 AS a"
    to_file(store, query, tmp_path / "out.csv", "csv")
    columns = (tmp_path / "out.csv").read_text().splitlines()[0].split(",")
    assert run(store, query).columns == columns == ["a", "b", "a_1", "a_2"]


def test_an_exports_folder_that_is_gone_is_named(store: Store, tmp_path: Path) -> None:
    store.layout.exports.rmdir()
    with pytest.raises(StoreError, match=f"Cannot write at {store.layout.exports}"):
        to_file(store, "SELECT 1", tmp_path / "out.csv", "csv")


def test_the_exports_folder_is_inside_the_fence(store: Store) -> None:
    path = store.layout.exports / "it's.csv"
    text = str(path).replace("'", "''")
    run(store, f"COPY (SELECT 42 AS i) TO '{text}' (HEADER)")
    assert run(store, f"SELECT i FROM '{text}'").rows == [(42,)]


def test_the_database_is_free_while_a_person_looks_at_a_result(store: Store) -> None:
    result = run(store, "SELECT * FROM range(100000)")
    with store.write(wait=0.0) as connection:
        connection.execute("INSERT INTO run_tag VALUES (1, 'x')")
    assert len(result.rows) == 100_000


def test_a_query_is_cancelled_from_another_thread(store: Store) -> None:
    cancel = Cancel()
    said: list[str] = []

    def long() -> None:
        try:
            run(store, "SELECT sum(a.range * b.range) FROM range(10000000) a, range(1000000) b",
                cancel=cancel)  # fmt: skip
        except StoreError as error:
            said.append(str(error))

    thread = threading.Thread(target=long)
    thread.start()
    while thread.is_alive():
        cancel()
        thread.join(0.05)
    assert said == ["The query was cancelled."]
    assert run(store, "SELECT 1").rows == [(1,)]


def test_a_query_that_was_cancelled_before_it_began_does_not_begin(store: Store) -> None:
    cancel = Cancel()
    cancel()
    with pytest.raises(StoreError, match="cancelled"):
        run(store, "SELECT 1", cancel=cancel)


def test_files_hold_all_rows(store: Store, tmp_path: Path) -> None:
    query = "SELECT range AS i, 'a,\"b' || chr(10) AS t, range / 2 AS h FROM range(3);  -- end"
    for ending in ("csv", "json", "parquet"):
        to_file(store, query, tmp_path / f"it's.{ending}", ending)
    expected = [(i, 'a,"b\n', i / 2) for i in range(3)]
    with (tmp_path / "it's.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["i", "t", "h"]
    assert [(int(i), t, float(h)) for i, t, h in rows] == expected
    data = json.loads((tmp_path / "it's.json").read_text())
    assert [tuple(row.values()) for row in data] == expected
    with duckdb.connect() as connection:
        path = str(tmp_path / "it's.parquet")
        assert connection.read_parquet(path).fetchall() == expected
    assert len(list(tmp_path.iterdir())) == 4  # the store, too; nothing unfinished
    assert list(store.layout.exports.iterdir()) == []


def test_a_file_that_cannot_be_written_gets_one_sentence(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Cannot write at"):
        to_file(store, "SELECT 1", tmp_path / "nowhere" / "x.csv", "csv")
    (tmp_path / "old.csv").write_text("old")
    with pytest.raises(StoreError, match="syntax error"):
        to_file(store, "SELEC 1", tmp_path / "old.csv", "csv")
    assert (tmp_path / "old.csv").read_text() == "old"
    with pytest.raises(StoreError, match="no format xls; there are csv, json, parquet"):
        to_file(store, "SELECT 1", tmp_path / "x.xls", "xls")  # type: ignore[arg-type]
