"""Tables of runs without a store, for tests of what is worked out from them."""

from __future__ import annotations

from typing import Any

from tui.app.runtable import CONFIG_KEYS, RunTable


def table_of(rows: list[dict[str, Any]]) -> RunTable:
    """A table of these runs; what a row does not say is the same in all."""
    base = {**dict.fromkeys(CONFIG_KEYS, 1), "sweep_id": 1, "state": "finished", "attempt": 1,
            "event_step": 1, "tags": None, "sweep": "s", "operations_per_step": 1.0}  # fmt: skip
    table = RunTable()
    names = list(base | {"run_id": 0})
    table.set_overview(names, [tuple({**base, **row}[n] for n in names) for row in rows])
    return table
