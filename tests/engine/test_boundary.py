"""A search for a boundary that people interfere with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.boundary import Search
from engine.specification.sweep import Sweep
from store.catalog import remove, remove_sweep
from store.database import Store
from store.errors import StoreError
from store.queue import request
from store.records import sweep_progress

Interference = Callable[[Store, int, int], object]


@pytest.mark.parametrize(
    ("interfere", "sentence"),
    [
        (lambda store, sweep, run: None, "Run 1 of the search is queued"),
        (lambda store, sweep, run: request(store, [run], "pause"), "Run 1 of the search is paused"),
        (lambda store, sweep, run: request(store, [run], "stop"), "Run 1 of the search is stopped"),
        (lambda store, sweep, run: remove(store, [run]), "Run 1 of the search is removed"),
        (lambda store, sweep, run: remove_sweep(store, sweep), "Run 1 of the search is removed"),
    ],
)
def test_only_runs_that_came_to_their_end_say_where_a_boundary_is(
    tmp_path: Path, interfere: Interference, sentence: str
) -> None:
    store = Store.open(tmp_path)
    base = Sweep("search", base={"modulus": 11, "width": 4, "steps": 10})
    rounds = Search(store, base, "train_size", [30, 40, 50], 2, "grokking", "cpu").rounds()
    sweep_id = next(rounds)
    first, *_ = (run["run_id"] for run in sweep_progress(store, sweep_id))
    interfere(store, sweep_id, first)
    with pytest.raises(StoreError, match=sentence):
        next(rounds)
