"""Removing, tagging and noting runs."""

from __future__ import annotations

import numpy as np
import pytest

from store.catalog import remove, remove_sweep, set_note, set_sweep_note, tag, untag
from store.database import Store
from store.errors import StoreError
from store.queue import claim
from store.spool import Batch, SpoolWriter
from tests.store.support import rows_of, sweep_of, write_checkpoint

TABLES = ("run_config", "run_event_log", "metric_log", "checkpoint_log", "run_tag", "run_note")
ODD = 'it\'s [b]"x"[/] 🐍 \x1b[31m\n\u202e'


def populate(store: Store, ids: list[int]) -> None:
    for run_id in ids:
        written = write_checkpoint(store.layout, run_id, 1, 5, {"w": np.zeros(3)}, {})
        row = {"run_id": run_id, "attempt": 1, "step": 5, "seconds": 1.0}
        checkpoint = {**row, "path": written.path, "bytes": written.bytes, "reason": "end"}
        SpoolWriter(store.layout, "w").write(Batch(metrics=[row], checkpoints=[checkpoint]))
    tag(store, ids, ODD)
    set_note(store, ids, ODD)


def test_a_removed_run_leaves_nothing_and_the_others_stay(store: Store) -> None:
    gone, stays = sweep_of(store, 2)
    populate(store, [gone, stays])  # its rows still wait in the spool
    assert remove(store, [gone, 999]) == 1
    for table in TABLES:
        assert rows_of(store, f"SELECT DISTINCT run_id FROM {table}") == [(stays,)]
    assert [p.parent.name for p in store.layout.checkpoints.rglob("*.safetensors")] == [
        f"{stays:06d}"
    ]


def test_a_run_that_trains_is_not_removed_nor_its_companions(store: Store) -> None:
    ids = sweep_of(store, 2)
    populate(store, ids)
    claim(store, "w", "cpu", lambda found: [found[0].run_id])
    with pytest.raises(StoreError, match=rf"being trained.*: {ids[0]}; stop"):
        remove(store, ids)
    with pytest.raises(StoreError, match="being trained"):
        remove_sweep(store, 1)
    assert rows_of(store, "SELECT count(*) FROM runs") == [(2,)]
    assert len(list(store.layout.checkpoints.rglob("*.safetensors"))) == 2


def test_a_sweep_goes_with_its_runs(store: Store) -> None:
    ids = sweep_of(store, 3)
    others = sweep_of(store, 1)
    populate(store, ids)
    assert remove_sweep(store, 1) == 3
    assert rows_of(store, "SELECT sweep_id, runs FROM sweeps") == [(2, 1)]
    assert rows_of(store, "SELECT run_id FROM runs") == [(others[0],)]


@pytest.mark.parametrize("word", ["", " ", "\n"])
def test_an_empty_word_is_no_tag(store: Store, word: str) -> None:
    with pytest.raises(StoreError, match="A tag is a word"):
        tag(store, sweep_of(store, 1), word)
    assert rows_of(store, "SELECT count(*) FROM run_tag") == [(0,)]


def test_tags_and_notes_are_kept_literally(store: Store) -> None:
    first, second = sweep_of(store, 2)
    tag(store, [first, second], ODD)
    tag(store, [first, 999], ODD)
    tag(store, [first], "a")
    untag(store, [second], ODD)
    set_note(store, [first], "old")
    set_note(store, [first], ODD)
    set_sweep_note(store, 1, ODD)
    found = rows_of(store, "SELECT tags, note FROM runs ORDER BY run_id")
    assert found == [(sorted(["a", ODD]), ODD), ([], "")]
    assert rows_of(store, "SELECT note FROM sweeps") == [(ODD,)]
    set_note(store, [first], "")
    assert rows_of(store, "SELECT count(*) FROM run_note") == [(0,)]
    assert rows_of(store, "SELECT count(*) FROM run_tag") == [(2,)]
