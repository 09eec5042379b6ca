"""One store folder and its database, open for one short transaction at a time.

DuckDB gives a file to one writing process or to many reading ones. So nobody keeps it open:
opening costs some 10 ms, and whoever finds it taken waits, with pauses of random length, and
then says who holds it.

A trap to know: closing *any* descriptor of the file drops every lock that this process has on
it (POSIX record locks). Nothing in this process may open the database but DuckDB itself.
"""

from __future__ import annotations

import random
import re
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import psutil  # type: ignore[import-untyped, unused-ignore]

from store.errors import DatabaseHeld, StoreError
from store.filelock import locked
from store.gate import Gate, gate_of
from store.layout import StoreLayout
from store.names import sql
from store.upgrade import make, upgrade, version_of, wanted_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BASE: dict[str, str | bool | int | float | list[str]] = {
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
}
_READING = {**_BASE, "threads": "2"}  # a person waits for the answer
_WRITING = {**_BASE, "threads": "1"}  # the cores belong to the training
_MAKING_SECONDS = 30.0  # for another program to make a new store, on a slow and busy machine
_PAUSE = (0.003, 0.02)  # seconds between two tries for the file lock


@dataclass(slots=True)
class Store:
    """A store folder. It holds nothing open; it can be shared by threads and kept for long."""

    root: Path
    _gate: Gate = field(repr=False)
    _current: bool = field(default=False, repr=False)

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Open the store in ``folder``, making it where it is missing.

        Tables of an older version are migrated and views made again where they differ. While
        another program holds the database, that is put off to the first access.

        Raises:
            StoreError: no permission to write, a full disk, a database that is damaged, of a
                newer version, or none of ours.
        """
        layout = StoreLayout(folder.expanduser().absolute())
        layout.create()
        store = cls(layout.root, gate_of(layout.database))
        with suppress(DatabaseHeld):
            store._make_current(time.monotonic() + 2.0)
        return store

    @property
    def layout(self) -> StoreLayout:
        """Return the paths inside the store folder."""
        return StoreLayout(self.root)

    @contextmanager
    def read(self, wait: float = 5.0) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the database for reading, after at most ``wait`` seconds.

        What runs on the connection cannot write, nor touch any file but the database and those
        in the exports folder. Several threads may read at once; a thread that is inside must
        not read or write again.

        Raises:
            DatabaseHeld: someone is still writing when the wait is over.
            StoreError: the database cannot be used; see :meth:`open`.
        """
        deadline = time.monotonic() + wait
        self._make_current(deadline)
        with self._gate.reading(deadline), _interrupts():
            connection = self._connect(deadline, read_only=True)
            try:
                self._fence(connection)
                yield connection
            finally:
                connection.close()

    @contextmanager
    def write(self, wait: float = 30.0) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the database for one transaction, after at most ``wait`` seconds.

        Leaving the block commits; an exception in it rolls everything back.

        Raises:
            DatabaseHeld: someone still has the database open when the wait is over.
            StoreError: the disk is full, or the database cannot be used; see :meth:`open`.
        """
        deadline = time.monotonic() + wait
        self._make_current(deadline)
        with self._writing(deadline) as connection:
            yield connection

    @contextmanager
    def _writing(self, deadline: float) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._gate.writing(deadline), self._sentences(), _interrupts():
            connection = self._connect(deadline, read_only=False)
            try:
                connection.begin()
                try:
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
            finally:
                connection.close()

    def _make_current(self, deadline: float) -> None:
        """Make or upgrade the database, once for each Store object."""
        if self._current:
            return
        database = self.layout.database
        with self._sentences():
            if not database.exists():
                making = self.root / ".making"
                with locked(making, _MAKING_SECONDS, "Another program is making this store"):
                    if not database.exists():
                        make(database)
            with self._gate.reading(deadline):
                connection = self._connect(deadline, read_only=True)
                try:
                    current = version_of(connection, database) == wanted_version()
                finally:
                    connection.close()
        if not current:
            with self._writing(deadline) as connection:
                # another program may have been quicker
                version = version_of(connection, database)
                if version != wanted_version():
                    upgrade(connection, version)
        self._current = True

    def copy_into(
        self, memory: duckdb.DuckDBPyConnection, table: str, query: str, wait: float = 5.0
    ) -> None:
        """Make a table of another database out of the rows of a SELECT over this one.

        Raises:
            DatabaseHeld: someone is writing until ``wait`` seconds are over.
            StoreError: the SQL has a mistake, or the database cannot be used.
        """
        deadline = time.monotonic() + wait
        self._make_current(deadline)
        path = str(self.layout.database).replace("'", "''")
        # a second instance of the engine opens the file: no other may in this process
        with self._gate.writing(deadline):
            self._patiently(lambda: memory.execute(sql("attach").replace("{path}", path)), deadline)
            try:
                memory.execute("USE store_file")
                memory.execute(f"CREATE TABLE memory.main.{table} AS {query}")
            except duckdb.Error as error:
                raise StoreError(str(error)) from error
            finally:
                memory.execute("USE memory")
                memory.execute("DETACH store_file")

    def _connect(self, deadline: float, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        return self._patiently(
            lambda: duckdb.connect(
                str(self.layout.database),
                read_only=read_only,
                config=_READING if read_only else _WRITING,
            ),
            deadline,
        )

    def _patiently(
        self, attempt: Callable[[], duckdb.DuckDBPyConnection], deadline: float
    ) -> duckdb.DuckDBPyConnection:
        """Try to open the file until nobody else holds it, or the deadline is over."""
        began = time.monotonic()
        while True:
            try:
                return attempt()
            except duckdb.Error as error:
                holder = holder_in(str(error))
                if holder is None:
                    raise StoreError(self._why_not(error)) from error
                if time.monotonic() >= deadline:
                    raise DatabaseHeld(holder, time.monotonic() - began) from error
            time.sleep(random.uniform(*_PAUSE))

    def _fence(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Confine a connection to the database and the exports folder; also all later ones.

        The settings belong to the database instance, which connections of this process share.
        """
        with self._gate.configuring:
            fenced = connection.execute(sql("is_fenced")).fetchone()
            if fenced == (False,):
                exports = str(self.layout.exports).replace("'", "''")
                connection.execute(sql("fence").replace("{exports}", exports))

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turn what the engine says about disks and permissions into sentences."""
        try:
            yield
        except duckdb.Error as error:
            # a commit that finds the disk full is an error of the transaction, not of the file
            about_files = isinstance(error, duckdb.IOException | duckdb.FatalException)
            if about_files or _disk_is_full(str(error)):
                raise StoreError(self._why_not(error)) from error
            raise

    def _why_not(self, error: duckdb.Error) -> str:
        text = str(error)
        database = self.layout.database
        if _disk_is_full(text):
            return f"The disk (or quota) that holds {database} is full; free some space."
        if "Permission denied" in text or "Read-only file system" in text:
            return f"No permission to open {database} for this; choose another store folder."
        if "not a valid DuckDB database" in text:
            return f"{database} is not a DuckDB database; move it away or choose another folder."
        return f"{database} cannot be opened: {' '.join(text.split())}"


@contextmanager
def _interrupts() -> Iterator[None]:
    """Let Ctrl-C be KeyboardInterrupt, also where it comes while the engine computes."""
    try:
        yield
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise


def _disk_is_full(message: str) -> bool:
    return "No space left" in message or "Disk quota" in message


def holder_in(message: str) -> str | None:
    """Return who holds the lock according to DuckDB's message; None if it is not about a lock.

    DuckDB names the program's file and its process id; the command line says more.
    """
    if "Could not set lock" not in message:
        return None
    found = re.search(r"held in (?P<program>.*?) \(PID (?P<pid>\d+)\)", message)
    if found is None or found["pid"] == "0":
        return "a program that the system does not name (on another machine?)"
    command = Path(found["program"]).name
    try:
        arguments = psutil.Process(int(found["pid"])).cmdline()
    except psutil.Error:
        arguments = []
    if arguments:
        words = [Path(arguments[0]).name, *arguments[1:]]
        command = " ".join(" ".join(words).split())
    if len(command) > 80:
        command = command[:79] + "…"
    return f"{command} (PID {found['pid']})"
