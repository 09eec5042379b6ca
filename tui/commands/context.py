"""What every command shares: the store it works on, and how ids are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.database import Store


@dataclass(frozen=True, slots=True)
class Settings:
    """The global options."""

    store_folder: Path | None

    @property
    def folder(self) -> Path:
        """The store's folder."""
        from store.layout import default_store_folder

        return self.store_folder or default_store_folder()

    def open(self) -> Store:
        """Open the store; it is made if it is not there.

        Raises:
            StoreError: it cannot be opened.
        """
        from store.database import Store

        return Store.open(self.folder)


@dataclass(frozen=True, slots=True)
class Selection:
    """The runs that an id on the command line means."""

    words: str  # 'run 12', 'sweep s3 (demo)', 'everything'
    run_ids: list[int]
    sweep_id: int | None = None

    def one_run(self) -> int:
        """The id of the run that is meant.

        Raises:
            StoreError: a sweep or everything is meant.
        """
        from store.errors import StoreError

        if self.sweep_id is not None or len(self.run_ids) != 1:
            raise StoreError(f"{self.words} is not one run; `grok-tui ls runs` lists them.")
        return self.run_ids[0]


def select(store: Store, word: str) -> Selection:
    """The runs that ``word`` means: ``12`` a run, ``s3`` or a name a sweep, ``all`` everything.

    A name that several sweeps have means the newest of them. Ids have at most nine digits.

    Raises:
        StoreError: there is nothing of that name.
    """
    from store.errors import StoreError
    from store.names import sql

    with store.read() as connection:
        if word == "all":
            rows = connection.execute(sql("all_run_ids")).fetchall()
            return Selection("everything", [row[0] for row in rows])
        if re.fullmatch(r"r?\d{1,9}", word):
            run_id = int(word.removeprefix("r"))
            if not connection.execute(sql("run_exists"), [run_id]).fetchall():
                raise StoreError(f"There is no run {run_id}; `grok-tui ls runs` lists them.")
            return Selection(f"run {run_id}", [run_id])
        number = int(word[1:]) if re.fullmatch(r"s\d{1,9}", word) else None
        found = connection.execute(sql("find_sweep"), [number, word]).fetchone()
        if found is None:
            raise StoreError(
                f"There is no sweep '{word}'; `grok-tui ls sweeps` lists them "
                "(a number is a run, s3 or a name is a sweep)."
            )
        sweep_id, name = found
        rows = connection.execute(sql("runs_of_sweep"), [sweep_id]).fetchall()
        return Selection(f"sweep s{sweep_id} ({name})", [row[0] for row in rows], sweep_id)
