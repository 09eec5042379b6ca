"""What a worker does with a queue: it trains, obeys, leaves, and is never needed twice."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from engine.launch import ensure_workers, submit
from engine.specification.schedule import evaluation_steps
from store.database import Store
from store.errors import StoreError
from store.leases import LeaseObserver
from store.queue import Wanted, request
from store.records import runs_with_zones
from store.spool import waiting
from tests.engine.worker.support import (
    curves_of,
    final_weights,
    holding,
    run_worker,
    small_sweep,
    start_worker,
    states,
    steps,
    submitted,
    until,
)

LONG = {"steps": "5000000", "evaluations": "5000"}


def test_every_run_is_trained_to_its_budget_and_every_evaluation_is_a_row(tmp_path: Path) -> None:
    store, sweep = submitted(tmp_path, small_sweep())
    assert run_worker(store) == 0
    assert states(store, sweep.sweep_id) == ["finished"] * 3
    assert steps(store, sweep.sweep_id) == [400] * 3
    rows = curves_of(store, sweep.run_ids)
    assert len(rows) == len(set(rows))
    for run in range(3):
        assert [row[1] for row in rows if row[0] == run] == evaluation_steps(400, 40)
    assert not LeaseObserver(store.layout).workers()


def test_runs_of_different_budgets_sizes_and_rates_share_an_ensemble(tmp_path: Path) -> None:
    sweep = small_sweep(steps="100,300", train_size="40,60", learning_rate="1e-3,3e-3", seeds="1")
    store, sent = submitted(tmp_path, sweep)
    assert run_worker(store) == 0
    assert steps(store, sent.sweep_id) == [run.steps for run in sweep.runs()]
    log = (store.layout.logs / "alone.log").read_text()
    assert "8 runs of shape" in log


def test_a_curve_does_not_depend_on_companions(tmp_path: Path) -> None:
    together, sent = submitted(tmp_path / "together", small_sweep(train_size="40,60"))
    run_worker(together)
    alone, one = submitted(tmp_path / "alone", small_sweep(train_size="60", seed="2"))
    run_worker(alone)
    assert curves_of(alone, one.run_ids) == [
        (0, *values) for _, *values in curves_of(together, sent.run_ids[-1:])
    ]
    assert final_weights(alone, one.run_ids[0]) == final_weights(together, sent.run_ids[-1])


def test_stop_pause_and_resume_of_single_runs(tmp_path: Path) -> None:
    store, sweep = submitted(tmp_path, small_sweep(**LONG))
    worker = start_worker(store, "w")
    until(lambda: min(steps(store, sweep.sweep_id)) > 0, "every run trains")
    first, second, third = sweep.run_ids
    assert request(store, [first], "stop") == {first: "asked"}
    assert request(store, [second], "pause") == {second: "asked"}
    until(lambda: states(store, sweep.sweep_id)[:2] == ["stopped", "paused"], "both obey")
    assert states(store, sweep.sweep_id)[2] == "running"
    assert request(store, [third], "stop") == {third: "asked"}
    assert worker.wait(60) == 0  # nothing is queued: it leaves
    before = steps(store, sweep.sweep_id)[1]
    assert request(store, [second], "resume") == {second: "queued"}
    worker = start_worker(store, "again")
    until(lambda: steps(store, sweep.sweep_id)[1] > before, "the paused run goes on")
    request(store, [second], "stop")
    assert worker.wait(60) == 0


@pytest.mark.parametrize(("last", "after"), [("stop", "stopped"), ("resume", "queued")])
def test_the_last_request_wins_though_the_worker_has_just_let_go(
    tmp_path: Path, last: Wanted, after: str
) -> None:
    store, sweep = submitted(tmp_path, small_sweep(**LONG, seeds="2"))
    first, second = sweep.run_ids
    worker = start_worker(store, "w")
    log = store.layout.logs / "w.log"
    until(lambda: min(steps(store, sweep.sweep_id)) > 0, "both train")
    request(store, [first], "pause")
    until(lambda: f"run {first} paused" in log.read_text(), "the worker lets go")
    request(store, [first], last)
    until(lambda: states(store, sweep.sweep_id) == [after, "running"], "the last one is done")
    request(store, [first, second], "stop")
    assert worker.wait(60) == 0
    assert states(store, sweep.sweep_id) == ["stopped", "stopped"]


def test_runs_of_a_killed_worker_are_steered_as_if_they_were_queued(tmp_path: Path) -> None:
    store, sweep = submitted(tmp_path, small_sweep(**LONG))
    stopped, paused, resumed = sweep.run_ids
    worker = start_worker(store, "w")
    until(lambda: min(steps(store, sweep.sweep_id)) > 0, "every run trains")
    worker.kill()
    worker.wait()
    before = steps(store, sweep.sweep_id)
    assert request(store, [stopped], "stop") == {stopped: "stopped"}
    assert request(store, [paused], "pause") == {paused: "paused"}
    assert states(store, sweep.sweep_id) == ["stopped", "paused", "running"]
    assert request(store, [resumed], "resume") == {resumed: "queued"}
    heir = start_worker(store, "heir")
    until(lambda: steps(store, sweep.sweep_id)[2] > before[2], "the resumed one goes on")
    assert steps(store, sweep.sweep_id)[:2] == before[:2]
    request(store, [resumed], "stop")
    assert heir.wait(60) == 0
    with store.read() as connection:
        claims = connection.execute(
            "SELECT run_id, attempt, worker_id FROM run_event_log WHERE state = 'running'"
        ).fetchall()
    assert sorted(claims) == [(i, 1, "w") for i in sweep.run_ids] + [(resumed, 2, "heir")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_makes_it_checkpoint_and_leave(tmp_path: Path, number: int) -> None:
    store, sweep = submitted(tmp_path, small_sweep(**LONG))
    worker = start_worker(store, "w", checkpoint_seconds=1e9)
    until(lambda: min(steps(store, sweep.sweep_id)) > 0, "every run trains")
    worker.send_signal(number)
    assert worker.wait(60) == 0
    assert states(store, sweep.sweep_id) == ["queued"] * 3
    with store.read() as connection:
        rows = connection.execute(
            "SELECT reason, step FROM checkpoint_log ORDER BY step"
        ).fetchall()
    assert rows[-1][0] == "leave"
    assert rows[-1][1] >= max(steps(store, sweep.sweep_id))


def test_a_diverging_run_ends_with_its_own_state_and_not_its_companions(tmp_path: Path) -> None:
    sweep = small_sweep(learning_rate="3e-3,1e30", seeds="1", train_size="60")
    store, sent = submitted(tmp_path, sweep)
    assert run_worker(store) == 0
    assert states(store, sent.sweep_id) == ["finished", "diverged"]
    good, bad = runs_with_zones(store, sent.run_ids)
    assert good["step"] == 400
    assert bad["step"] < 400
    assert "not finite at step" in bad["detail"]
    alone, one = submitted(tmp_path / "alone", small_sweep(seeds="1", train_size="60"))
    run_worker(alone)
    assert final_weights(alone, one.run_ids[0]) == final_weights(store, sent.run_ids[0])


def test_a_settled_run_may_leave_early(tmp_path: Path) -> None:
    sweep = small_sweep(
        modulus="29", train_size="600", width="32", steps="100000", evaluations="400", seed="0",
        stop_when_settled="yes",
    )  # fmt: skip
    store, sent = submitted(tmp_path, sweep)
    assert run_worker(store) == 0
    (run,) = runs_with_zones(store, sent.run_ids)
    assert run["state"] == "finished"
    assert run["detail"] == "settled"
    assert run["step"] < 100000
    assert run["validation_accuracy"] == 1.0


def test_two_workers_share_the_queue_and_train_no_run_twice(tmp_path: Path) -> None:
    widths = "4,8,12,16,20,24"
    store, sweep = submitted(tmp_path, small_sweep(width=widths, steps="1500"))
    workers = [start_worker(store, name) for name in ("one", "two")]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    assert states(store, sweep.sweep_id) == ["finished"] * 18
    with store.read() as connection:
        claims = connection.execute(
            "SELECT run_id, worker_id FROM run_event_log WHERE state = 'running'"
        ).fetchall()
    assert len(claims) == len({run_id for run_id, _ in claims}) == 18
    assert {worker_id for _, worker_id in claims} == {"one", "two"}


def test_front_ends_that_launch_at_once_share_one_worker_and_everything_is_done(
    tmp_path: Path,
) -> None:
    store, first = submitted(tmp_path, small_sweep())
    workers = ensure_workers(store, "cpu")
    second = submit(store, small_sweep(seeds="2"), "cpu")
    assert ensure_workers(store, "cpu") == workers
    for sweep in (first, second):
        until(lambda s=sweep: set(states(store, s.sweep_id)) == {"finished"}, "both complete")  # type: ignore[misc]


@pytest.mark.parametrize("read_only", [True, False])
def test_training_goes_on_while_someone_else_holds_the_database(
    tmp_path: Path, read_only: bool
) -> None:
    store, sweep = submitted(tmp_path, small_sweep(steps="30000", evaluations="300"))
    worker = start_worker(store, "w")
    log = store.layout.logs / "w.log"
    until(lambda: "3 runs of shape" in log.read_text(), "it has claimed its runs")
    with holding(store, read_only=read_only) as holder:
        until(lambda: "Rows wait in the spool" in log.read_text(), "it notices")
        assert f"PID {holder}" in log.read_text()
        until(lambda: log.read_text().count("finished at step") == 3, "all runs are trained")
        assert waiting(store.layout)
    assert worker.wait(60) == 0
    assert not waiting(store.layout)
    assert states(store, sweep.sweep_id) == ["finished"] * 3
    rows = curves_of(store, sweep.run_ids)
    for run in range(3):
        assert [row[1] for row in rows if row[0] == run] == evaluation_steps(30000, 300)


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path: Path) -> None:
    store, sweep = submitted(tmp_path, small_sweep(**LONG, seeds="1"))
    worker = start_worker(store, "w")
    until(lambda: _checkpoints(store.root) >= 3, "checkpoints")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    newest = max(store.layout.checkpoints.rglob("*.safetensors"))
    newest.write_bytes(newest.read_bytes()[:100])
    request(store, sweep.run_ids, "resume")
    worker = start_worker(store, "again")
    until(lambda: "damaged" in (store.layout.logs / "again.log").read_text(), "it is named")
    until(lambda: states(store, sweep.sweep_id) == ["running"], "it goes on")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0


def _checkpoints(folder: Path) -> int:
    return len(list(folder.rglob("*.safetensors")))


def test_a_worker_that_cannot_start_is_answered_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = submitted(tmp_path, small_sweep())
    monkeypatch.setattr("engine.launch.worker_command", _dies_at_once)
    with pytest.raises(StoreError, match="did not start: there is no such thing") as caught:
        ensure_workers(store, "cpu")
    assert "its log is" in str(caught.value)


def _dies_at_once(store: Store, device: str, worker_id: str) -> list[str]:
    code = "import sys; print('2026 ERROR there is no such thing', file=sys.stderr); sys.exit(1)"
    return [sys.executable, "-c", code]
