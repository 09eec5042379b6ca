"""What a foreground sees of a sweep."""

from __future__ import annotations

from pathlib import Path

from store.queue import request
from tests.engine.worker.support import holding, small_sweep, submitted
from tui.commands.progress import Watcher


def test_a_sweep_that_cannot_be_read_yet_has_not_ended(tmp_path: Path) -> None:
    store, sweep = submitted(tmp_path, small_sweep())
    request(store, sweep.run_ids, "pause")
    watcher = Watcher(store, sweep.sweep_id, "cpu")
    with holding(store, read_only=False) as pid:
        progress = watcher.look()
        assert f"PID {pid}" in progress.held_by
        assert not progress.waiting
    assert watcher.look().waiting
