"""The door for notebooks and scripts: the store as DuckDB relations.

>>> import store
>>> s = store.open_store("my-store")                       # doctest: +SKIP
>>> s.runs().filter("width >= 32").df()                    # doctest: +SKIP
>>> s.metrics(run_ids=[1, 2], columns=["train_loss"]).pl() # doctest: +SKIP
>>> s.sql("SELECT zone, count(*) FROM zones GROUP BY zone") # doctest: +SKIP

Every relation is a copy in memory of what the store held when it was made: the store is free
again at once, so a notebook that stays open for days delays nobody. A relation becomes a data
frame with ``.df()`` (pandas), ``.pl()`` (polars) or ``.arrow()`` where those libraries are
installed, numpy arrays with ``.fetchnumpy()``, and plain tuples with ``.fetchall()``.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from store.checkpoints import read_checkpoint
from store.database import Store
from store.errors import StoreError
from store.layout import default_store_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


def open_store(path: str | Path | None = None) -> Notebook:
    """Open the store in the folder ``path``, by default the one that the commands use.

    >>> import tempfile
    >>> notebook = open_store(tempfile.mkdtemp())
    >>> notebook.sql("SELECT name, value FROM threshold WHERE name = 'delay'").fetchall()
    [('delay', 2.0)]
    >>> notebook.runs().fetchall()
    []

    Raises:
        StoreError: in one sentence, why it cannot be opened.
    """
    return Notebook(Store.open(Path(path) if path is not None else default_store_folder()))


class Notebook:
    """A store to look at. Every method reads anew; see the module for what relations are."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._memory = duckdb.connect(":memory:")
        self._numbers = count(1)

    def sql(self, query: str, wait: float = 30.0) -> duckdb.DuckDBPyRelation:
        """Return the rows of one SELECT over the store's tables and views.

        Raises:
            StoreError: with the engine's message, for a mistake in the SQL.
            DatabaseHeld: someone is writing until ``wait`` seconds are over.
        """
        name = f"result_{next(self._numbers)}"
        self.store.copy_into(self._memory, name, query, wait)
        return self._memory.table(name)

    def sweeps(self) -> duckdb.DuckDBPyRelation:
        """Return a row for each sweep."""
        return self.sql("SELECT * FROM sweeps ORDER BY sweep_id")

    def runs(self, sweep_id: int | None = None) -> duckdb.DuckDBPyRelation:
        """Return a row for each run, or each of one sweep: state, configuration, last values."""
        where = "" if sweep_id is None else f"WHERE sweep_id = {int(sweep_id)}"
        return self.sql(f"SELECT * FROM runs {where} ORDER BY run_id")

    def metrics(
        self, run_ids: Sequence[int], columns: Sequence[str] = ("*",)
    ) -> duckdb.DuckDBPyRelation:
        """Return the learning curves of these runs; ``columns`` are those of the view metrics."""
        chosen = ", ".join(columns if "*" in columns else ["run_id", "step", *columns])
        ids = ", ".join(str(int(run_id)) for run_id in run_ids) or "NULL"
        return self.sql(
            f"SELECT {chosen} FROM metrics WHERE run_id IN ({ids}) ORDER BY run_id, step"
        )

    def zones(self, sweep_id: int | None = None) -> duckdb.DuckDBPyRelation:
        """Return the zone and the milestones of each run, or each of one sweep."""
        where = "" if sweep_id is None else f"WHERE sweep_id = {int(sweep_id)}"
        return self.sql(
            f"SELECT * FROM zones JOIN milestones USING (run_id, sweep_id) {where} ORDER BY run_id"
        )

    def phase_grid(self, sweep_id: int) -> duckdb.DuckDBPyRelation:
        """Return a row for each cell of a sweep: its runs differ in their seed alone."""
        return self.sql(f"SELECT * FROM phase_grid WHERE sweep_id = {int(sweep_id)}")

    def meanings(self) -> duckdb.DuckDBPyRelation:
        """Return what each column of each view means."""
        return self.sql("SELECT * FROM column_meaning")

    def weights(self, run_id: int, step: int | None = None) -> dict[str, NDArray[np.generic]]:
        """Return the tensors of a run's last checkpoint, or of the one at ``step``.

        Raises:
            StoreError: there is none, or its file is missing or damaged.
        """
        at = "" if step is None else f"AND step = {int(step)}"
        found = self.sql(
            f"SELECT path FROM checkpoints WHERE run_id = {int(run_id)} {at} "
            "ORDER BY step DESC, attempt DESC LIMIT 1"
        ).fetchall()
        if not found:
            where = "" if step is None else f" at step {step}"
            raise StoreError(f"Run {run_id} has no checkpoint{where}.")
        return read_checkpoint(self.store.root / found[0][0])[0]
