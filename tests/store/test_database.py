"""Short transactions, waiting for others, and one sentence for what cannot be opened."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest

from store import upgrade
from store.database import Store, holder_in
from store.errors import DatabaseHeld, StoreError
from store.filelock import locked
from store.gate import gate_of
from store.layout import default_store_folder
from store.spool import Batch, SpoolWriter, ingest, waiting
from tests.store.support import all_of, await_that, line_of, rows_of, start, sweep_of, told


@pytest.mark.parametrize("mode", ["reading", "writing"])
def test_the_holder_is_named(store: Store, mode: str) -> None:
    child = start("hold", store.root, mode)
    assert line_of(child) == "held"
    with pytest.raises(DatabaseHeld) as held, store.write(wait=0.1):
        pass
    assert f"(PID {child.pid})" in held.value.holder
    assert "children" in held.value.holder  # its command line, not only "python"
    if mode == "reading":
        assert rows_of(store, "SELECT 1") == [(1,)]
    else:
        with pytest.raises(DatabaseHeld, match=f"PID {child.pid}"), store.read(wait=0.1):
            pass
    all_of(told([child]))
    with store.write(wait=10.0):
        pass


def test_whoever_waits_gets_in_when_the_holder_leaves(store: Store) -> None:
    child = start("hold", store.root, "writing")
    assert line_of(child) == "held"
    timer = threading.Timer(0.2, told, [[child]])
    timer.start()
    with store.read(wait=30.0) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    all_of([child])


def test_a_store_opens_while_it_is_held_and_is_checked_later(store: Store) -> None:
    with store.write() as connection:
        connection.execute("UPDATE store_info SET schema_version = 9999")
    child = start("hold", store.root, "writing")
    assert line_of(child) == "held"
    other = Store.open(store.root)
    all_of(told([child]))
    with pytest.raises(StoreError, match="newer"), other.read():
        pass


@pytest.mark.parametrize(
    ("message", "holder"),
    [
        ("IO Error: Could not set lock on file: held in /usr/bin/x (PID 0).", "not name"),
        ("Could not set lock on file", "not name"),
        ("Conflicting lock: Could not set lock; is held in /usr/bin/gone (PID 4194999).", "gone"),
    ],
)
def test_a_holder_that_is_gone_or_elsewhere_is_described(message: str, holder: str) -> None:
    assert holder in (holder_in(message) or "")


def test_an_exception_rolls_everything_back(store: Store) -> None:
    with pytest.raises(duckdb.CatalogException), store.write() as connection:
        connection.execute("INSERT INTO run_tag VALUES (1, 'x'); INSERT INTO nowhere VALUES (1)")
    assert rows_of(store, "SELECT * FROM run_tag") == []


def test_threads_read_together_and_write_alone(store: Store) -> None:
    both_in = threading.Barrier(2, timeout=20)

    def read() -> None:
        with store.read():
            both_in.wait()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both_in.broken

    def add() -> None:
        for _ in range(10):
            with store.write() as connection:
                connection.execute("INSERT INTO run_tag SELECT count(*), '' FROM run_tag")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row[0] for row in rows_of(store, "SELECT run_id FROM run_tag ORDER BY 1")] == [
        *range(40)
    ]


def test_reading_and_writing_threads_take_turns(store: Store) -> None:
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(15):
                rows_of(store, "SELECT count(*) FROM run_tag")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        with store.write() as connection:
            connection.execute("INSERT INTO run_tag VALUES (1, 'x')")
    for thread in threads:
        thread.join()
    assert failures == []
    assert rows_of(store, "SELECT count(*) FROM run_tag") == [(10,)]


def test_a_writer_that_waits_goes_before_new_readers(store: Store) -> None:
    order: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with store.read():
            inside.set()
            leave.wait(20)

    def write() -> None:
        with store.write():
            order.append("writer")

    def second() -> None:
        with store.read():
            order.append("reader")

    threads = [threading.Thread(target=f) for f in (first, write, second)]
    threads[0].start()
    inside.wait(20)
    threads[1].start()
    await_that(lambda: gate_of(store.layout.database)._writers_waiting == 1)
    threads[2].start()
    leave.set()
    for thread in threads:
        thread.join()
    assert order == ["writer", "reader"]


def test_another_thread_is_waited_for_no_longer_than_asked(store: Store) -> None:
    inside, leave = threading.Event(), threading.Event()

    def read() -> None:
        with Store.open(store.root).read():  # another object, the same file
            inside.set()
            leave.wait(20)

    thread = threading.Thread(target=read)
    thread.start()
    inside.wait(20)
    with pytest.raises(DatabaseHeld, match="another thread"), store.write(wait=0.05):
        pass
    leave.set()
    thread.join()
    with store.write(wait=10.0):
        pass


def test_a_thread_that_is_inside_is_told_so_at_once(store: Store) -> None:
    with store.read(), pytest.raises(RuntimeError, match="already"), store.write():
        pass


def test_many_programs_make_one_store(tmp_path: Path) -> None:
    children = [start("make", tmp_path / "new") for _ in range(4)]
    assert [line_of(child) for child in children] == ["ready"] * 4
    all_of(told(children))
    assert rows_of(Store.open(tmp_path / "new"), "SELECT count(*) FROM store_info") == [(1,)]


def test_a_maker_on_a_busy_machine_is_waited_for(tmp_path: Path) -> None:
    with ExitStack() as slow:
        slow.enter_context(locked(tmp_path / ".making", 0.0, "somebody"))
        threading.Timer(2.5, slow.close).start()
        store = Store.open(tmp_path)
    assert rows_of(store, "SELECT schema_version FROM store_info") == [(1,)]


def test_what_a_killed_maker_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "grok.new").write_bytes(b"half a database")
    (tmp_path / "grok.new.wal").write_bytes(b"half a log")
    assert rows_of(Store.open(tmp_path), "SELECT count(*) FROM store_info") == [(1,)]


def test_a_newer_database_is_left_alone(store: Store) -> None:
    with store.write() as connection:
        connection.execute("UPDATE store_info SET schema_version = 9999")
    before = store.layout.database.read_bytes()
    with pytest.raises(StoreError, match=r"newer grok-tui.*version 9999"):
        Store.open(store.root)
    assert store.layout.database.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"hello", b"hello world" * 10_000])
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "grok.duckdb").write_bytes(content)
    with pytest.raises(StoreError, match="is not a DuckDB database"):
        Store.open(tmp_path)
    assert (tmp_path / "grok.duckdb").read_bytes() == content


def test_a_database_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "grok.duckdb")) as connection:
        connection.execute("CREATE TABLE t (i INTEGER)")
    with pytest.raises(StoreError, match="not one of grok-tui"):
        Store.open(tmp_path)


def test_a_database_that_is_cut_short_is_described(store: Store) -> None:
    content = store.layout.database.read_bytes()
    store.layout.database.write_bytes(content[:9000])
    with pytest.raises(StoreError, match=r"grok\.duckdb cannot be opened"):
        Store.open(store.root)


def _as_nobody(folder: Path) -> str:
    """Open a store in a process that is not root, and return what that says."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            Store.open(folder)
            text = "opened"
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as said:
        return said.read()


@pytest.fixture
def public_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_folder_without_permission_gets_one_sentence(public_folder: Path) -> None:
    public_folder.chmod(0o555)
    assert _as_nobody(public_folder / "s").startswith("StoreError: No permission to write at")
    assert not (public_folder / "s").exists()


def test_a_store_of_someone_else_can_be_read(public_folder: Path) -> None:
    Store.open(public_folder / "s")
    for path in (public_folder / "s").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (public_folder / "s").chmod(0o555)
    assert _as_nobody(public_folder / "s") == "opened"


def _spool_until_full(store: Store) -> int:
    """Write batches until the disk is full, and return how many rows were acknowledged."""
    writer = SpoolWriter(store.layout, "w")
    recorded = 0
    while True:
        rows = [
            {"run_id": 1, "attempt": 1, "seconds": 0.1234567, "step": recorded + i}
            for i in range(1000)
        ]
        try:
            writer.write(Batch(metrics=rows))
        except StoreError:
            return recorded
        recorded += 1000


def test_a_full_disk_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be made here")
    try:
        store = Store.open(disk)
        recorded = _spool_until_full(store)
        with pytest.raises(StoreError, match="full"):
            ingest(store, 5.0)
        assert waiting(store.layout)
        larger = ["mount", "-o", "remount,size=200m", str(disk)]
        subprocess.run(larger, check=True)
        ingest(store, 5.0)
        found = rows_of(store, "SELECT count(*), count(DISTINCT step) FROM metric_log")
        assert found == [(recorded, recorded)]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_an_old_store_is_migrated_in_one_transaction(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0002_colour.sql").write_text("ALTER TABLE sweep ADD COLUMN colour VARCHAR;")
    (folder / "0003_fill.sql").write_text("UPDATE sweep SET colour = 'blue';")
    sweep_of(store, 1)
    steps = upgrade.migrations(folder)
    wanted = upgrade.wanted_version()
    monkeypatch.setattr(upgrade, "migrations", lambda: steps)
    newest = upgrade.Version(3, wanted.views)
    for module in ("store.upgrade", "store.database"):
        monkeypatch.setattr(f"{module}.wanted_version", lambda: newest)

    migrated = Store.open(store.root)
    assert rows_of(migrated, "SELECT colour FROM sweep") == [("blue",)]
    assert rows_of(migrated, "SELECT schema_version FROM store_info") == [(3,)]


def test_a_migration_that_fails_changes_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0002_good.sql").write_text("ALTER TABLE sweep ADD COLUMN colour VARCHAR;")
    (folder / "0003_bad.sql").write_text("ALTER TABLE nonsense ADD COLUMN colour VARCHAR;")
    steps = upgrade.migrations(folder)
    newest = upgrade.Version(3, upgrade.wanted_version().views)
    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "migrations", lambda: steps)
        for module in ("store.upgrade", "store.database"):
            patch.setattr(f"{module}.wanted_version", lambda: newest)
        with pytest.raises(duckdb.CatalogException):
            Store.open(store.root)
    assert rows_of(store, "SELECT schema_version FROM store_info") == [(1,)]
    assert "colour" not in [row[0] for row in rows_of(store, "DESCRIBE sweep")]


def test_views_are_made_again_when_their_text_differs(store: Store) -> None:
    with store.write() as connection:
        connection.execute("CREATE OR REPLACE VIEW zones AS SELECT 'old' AS zone")
        connection.execute("UPDATE store_info SET views_digest = 'old'")
    again = Store.open(store.root)
    assert "undecided_because" in [row[0] for row in rows_of(again, "DESCRIBE zones")]


def test_a_killed_writer_leaves_a_database_that_opens(store: Store) -> None:
    child = start("hold", store.root, "writing")
    assert line_of(child) == "held"
    child.send_signal(signal.SIGKILL)
    child.wait()
    with store.write(wait=10.0) as connection:
        connection.execute("INSERT INTO run_tag VALUES (1, 'x')")
    assert rows_of(store, "SELECT * FROM run_tag") == [(1, "x")]


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GROK_TUI_STORE", str(tmp_path / "here"))
    assert default_store_folder() == tmp_path / "here"
    monkeypatch.delenv("GROK_TUI_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_store_folder().name == "grok-tui"


def test_a_path_with_quotes_works(tmp_path: Path, template: Path) -> None:
    store = Store.open(shutil.copytree(template, tmp_path / 'it\'s a "store" 🐍'))
    assert rows_of(store, "SELECT count(*) FROM runs") == [(0,)]


def test_the_operating_system_is_translated() -> None:
    from store.errors import from_os_error

    for code, word in [(errno.ENOSPC, "full"), (errno.EROFS, "permission"), (errno.EIO, "Cannot")]:
        assert word in str(from_os_error(OSError(code, os.strerror(code)), Path("x")))
