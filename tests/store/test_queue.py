"""Who trains which run: claims, leases that lapse, requests."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from store.catalog import remove_sweep
from store.database import Store
from store.errors import StoreError
from store.leases import LeaseObserver, WorkerLease, start_lock
from store.queue import (
    Wanted,
    add_sweep,
    claim,
    extend_sweep,
    owned,
    release_lapsed,
    request,
    requests,
)
from store.spool import Batch, SpoolWriter, ingest
from tests.store.support import all_of, await_that, config, line_of, rows_of, start, sweep_of, told


def states(store: Store) -> dict[int, tuple[str, int]]:
    return {
        run_id: (state, attempt)
        for run_id, state, attempt in rows_of(
            store, "SELECT run_id, state, attempt FROM run_states ORDER BY run_id"
        )
    }


def claim_all(store: Store, worker_id: str = "w", device: str = "cpu") -> dict[int, int]:
    """Claim all runs; return their attempts."""
    runs = claim(store, worker_id, device, lambda found: [c.run_id for c in found])
    return {run.run_id: run.attempt for run in runs}


def test_two_workers_never_get_the_same_run(store: Store) -> None:
    ids = sweep_of(store, 60)
    children = [start("claim_all", store.root, f"w{i}") for i in range(3)]
    assert [line_of(child) for child in children] == ["ready"] * 3
    shares = [[int(i) for line in out for i in line.split()] for out in all_of(told(children))]
    assert sorted(run_id for share in shares for run_id in share) == ids
    assert set(states(store).values()) == {("running", 1)}


def test_a_worker_sees_the_runs_for_its_device_in_order(store: Store) -> None:
    first = sweep_of(store, 2, device="cuda:0")
    second = sweep_of(store, 2, device="auto", shape="other")
    seen = []

    def choose(found):  # type: ignore[no-untyped-def]
        seen.extend(found)
        return [found[-1].run_id]

    (run,) = claim(store, "w", "cpu", choose)
    assert [c.run_id for c in seen] == second
    assert (seen[0].shape, seen[0].train_size, seen[0].resume_step, seen[0].attempt) == (
        "other", 3000, None, 0,
    )  # fmt: skip
    assert (run.run_id, run.attempt, run.resume, run.seconds) == (second[1], 1, None, 0.0)
    assert config(shape="other", seed=1).items() <= run.config.items()
    assert claim_all(store, device="cuda:0") == dict.fromkeys([*first, second[0]], 1)


def test_no_runs_are_queued_for_a_sweep_that_is_gone(store: Store) -> None:
    sweep_id, _ = add_sweep(store, "t", "old", [config()])
    assert len(extend_sweep(store, sweep_id, "new", [config(seed=1)])) == 1
    remove_sweep(store, sweep_id)
    with pytest.raises(StoreError, match=f"There is no sweep s{sweep_id}"):
        extend_sweep(store, sweep_id, "newer", [config(seed=2)])
    assert rows_of(store, "SELECT count(*) FROM run_config") == [(0,)]


def test_a_sweep_is_queued_whole_or_not_at_all(store: Store) -> None:
    bad = [
        [config(), {k: v for k, v in config().items() if k != "width"}],
        [config(nonsense=1)],
        [config(), config(width="wide")],
        [],
    ]
    for runs in bad:
        with pytest.raises(StoreError):
            add_sweep(store, "bad", "", runs)
    assert rows_of(store, "SELECT * FROM sweep") == []
    assert rows_of(store, "SELECT * FROM run_config") == []


def test_names_and_specifications_are_kept_literally(store: Store) -> None:
    name, text = 'it\'s [b]"x"[/] 🐍\x1b[0m', "title = '''\n[bold]\n'''"
    sweep_id, _ = add_sweep(store, name, text, [config(task="o'r")])
    found = rows_of(store, "SELECT sweep_id, name, specification FROM sweeps")
    assert found == [(sweep_id, name, text)]
    assert rows_of(store, "SELECT task FROM runs") == [("o'r",)]


def test_a_killed_worker_loses_its_runs_at_once(store: Store) -> None:
    ids = sweep_of(store, 2)
    observer = LeaseObserver(store.layout)
    child = start("live", store.root, "victim")
    assert line_of(child) == "alive"
    claim_all(store, "victim")
    assert release_lapsed(store, observer) == []
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert release_lapsed(store, observer) == ids
    assert states(store) == dict.fromkeys(ids, ("queued", 1))
    assert [p.name for p in store.layout.workers.iterdir()] == []
    assert claim_all(store, "heir") == dict.fromkeys(ids, 2)


def test_a_stopped_worker_loses_its_runs_after_the_lapse(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = sweep_of(store, 1)
    jumps = iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: (-1) ** next(jumps) * 1e9)
    observer = LeaseObserver(store.layout, lapse_seconds=1.0)
    child = start("live", store.root, "victim")
    try:
        assert line_of(child) == "alive"
        attempts = claim_all(store, "victim")
        await_that(lambda: observer.workers()[0].state == "training")
        assert observer.workers()[0].alive
        assert observer.workers()[0].runs == 3
        child.send_signal(signal.SIGSTOP)
        await_that(lambda: not observer.workers()[0].alive)
        assert release_lapsed(store, observer) == ids
        assert claim_all(store, "heir") == {ids[0]: 2}
        child.send_signal(signal.SIGCONT)
        await_that(lambda: observer.workers()[0].alive)
        with store.read() as connection:
            assert owned(connection, "victim", attempts) == set()
            assert owned(connection, "heir", {ids[0]: 2}) == set(ids)
    finally:
        child.kill()
        child.communicate()


def test_a_worker_of_another_host_is_judged_by_its_number_alone(store: Store) -> None:
    sign = '{"worker_id": "far", "host": "elsewhere", "pid": 1, "number": %d, "info": {}}'
    path = store.layout.workers / "far.json"
    path.write_text(sign % 1)
    observer = LeaseObserver(store.layout, lapse_seconds=0.2)
    assert observer.alive() == {"far"}
    await_that(lambda: observer.alive() == set())
    path.write_text(sign % 2)
    assert observer.alive() == {"far"}


def test_a_life_sign_that_is_damaged_is_overlooked(store: Store) -> None:
    (store.layout.workers / "x.json").write_text("")
    assert LeaseObserver(store.layout).workers() == []


def test_a_lease_ends_with_its_block_and_its_name_is_free_again(store: Store) -> None:
    for _ in range(2):
        with WorkerLease(store.layout, "a/b:0", {"device": "cuda:0"}) as lease:
            (worker,) = LeaseObserver(store.layout).workers()
            assert (worker.worker_id, worker.device, worker.alive) == ("a/b:0", "cuda:0", True)
            assert lease.seconds_since_beat < 60
        assert LeaseObserver(store.layout).workers() == []
    with WorkerLease(store.layout, "w") as lease:
        lease.release()
        lease.beat({})
        assert LeaseObserver(store.layout).workers() == []


def test_what_a_dead_worker_left_in_the_spool_counts(store: Store) -> None:
    ids = sweep_of(store, 2)
    claim_all(store, "dead")
    event = {"run_id": ids[0], "attempt": 1, "state": "finished", "step": 1000}
    SpoolWriter(store.layout, "dead").write(Batch(events=[event]))
    assert release_lapsed(store, LeaseObserver(store.layout)) == [ids[1]]
    assert states(store) == {ids[0]: ("finished", 1), ids[1]: ("queued", 1)}


def test_what_was_asked_of_a_dead_worker_is_done(store: Store) -> None:
    stop, pause, neither = sweep_of(store, 3)
    claim_all(store, "dead")
    with WorkerLease(store.layout, "dead"):
        request(store, [stop], "stop")
        request(store, [pause], "pause")
    release_lapsed(store, LeaseObserver(store.layout))
    assert {run_id: state for run_id, (state, _) in states(store).items()} == {
        stop: "stopped", pause: "paused", neither: "queued",
    }  # fmt: skip


def test_a_running_run_that_names_nobody_is_free(store: Store) -> None:
    (run_id,) = sweep_of(store, 1)
    claim_all(store)
    event = {"run_id": run_id, "attempt": 1, "state": "running", "step": 5}
    SpoolWriter(store.layout, "w").write(Batch(events=[event]))
    ingest(store, 10.0)
    assert release_lapsed(store, LeaseObserver(store.layout)) == [run_id]


def test_late_rows_of_an_earlier_attempt_do_not_change_the_state(store: Store) -> None:
    (run_id,) = sweep_of(store, 1)
    claim_all(store, "dead")
    release_lapsed(store, LeaseObserver(store.layout))
    claim_all(store, "heir")
    late = {"run_id": run_id, "attempt": 1, "state": "finished", "step": 1000}
    SpoolWriter(store.layout, "dead").write(Batch(events=[late]))
    ingest(store, 10.0)
    assert states(store) == {run_id: ("running", 2)}


@pytest.mark.parametrize(
    ("before", "wanted", "outcome", "after"),
    [
        ("queued", "stop", "stopped", "stopped"),
        ("queued", "pause", "paused", "paused"),
        ("queued", "resume", "already queued", "queued"),
        ("paused", "resume", "queued", "queued"),
        ("paused", "stop", "stopped", "stopped"),
        ("paused", "pause", "already paused", "paused"),
        ("stopped", "resume", "queued", "queued"),
        ("stopped", "pause", "already stopped", "stopped"),
        ("failed", "resume", "queued", "queued"),
        ("diverged", "resume", "queued", "queued"),
        ("finished", "resume", "already finished", "finished"),
        ("finished", "stop", "already finished", "finished"),
        ("running", "stop", "asked", "running"),
        ("running", "pause", "asked", "running"),
        ("running", "resume", "already running", "running"),
    ],
)
def test_what_a_request_comes_to(
    store: Store, before: str, wanted: str, outcome: str, after: str
) -> None:
    (run_id,) = sweep_of(store, 1)
    if before != "queued":
        claim_all(store)
        event = {"run_id": run_id, "attempt": 1, "state": before, "step": 5, "worker_id": "w"}
        SpoolWriter(store.layout, "w").write(Batch(events=[event]))
        ingest(store, 10.0)
    with WorkerLease(store.layout, "w"):
        assert request(store, [run_id, run_id, 999], wanted) == {  # type: ignore[arg-type]
            run_id: outcome, 999: "unknown",
        }  # fmt: skip
    assert states(store)[run_id][0] == after


@pytest.mark.parametrize(
    ("wanted", "outcome"), [("stop", "stopped"), ("pause", "paused"), ("resume", "queued")]
)
@pytest.mark.parametrize("pending", [None, "stop", "pause"])
def test_what_is_asked_of_a_killed_worker_is_done_at_once(
    store: Store, wanted: Wanted, outcome: str, pending: Wanted | None
) -> None:
    run_id, other = sweep_of(store, 2)
    child = start("live", store.root, "victim")
    assert line_of(child) == "alive"
    claim_all(store, "victim")
    if pending:
        assert request(store, [run_id], pending) == {run_id: "asked"}
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert request(store, [run_id], wanted) == {run_id: outcome}
    assert states(store) == {run_id: (outcome, 1), other: ("running", 1)}
    assert [w.worker_id for w in LeaseObserver(store.layout).workers()] == ["victim"]
    assert request(store, [other], "stop") == {other: "stopped"}
    assert LeaseObserver(store.layout).workers() == []


def test_what_a_killed_worker_finished_is_not_queued_again(store: Store) -> None:
    (run_id,) = sweep_of(store, 1)
    claim_all(store, "dead")
    event = {"run_id": run_id, "attempt": 1, "state": "finished", "step": 1000}
    SpoolWriter(store.layout, "dead").write(Batch(events=[event]))
    assert request(store, [run_id], "resume") == {run_id: "already finished"}


@pytest.mark.parametrize("done", ["queued", "paused", "stopped"])
@pytest.mark.parametrize(
    ("last", "after"), [("stop", "stopped"), ("pause", "paused"), ("resume", "queued")]
)
def test_the_last_request_wins_though_the_worker_has_let_go(
    store: Store, done: str, last: Wanted, after: str
) -> None:
    (run_id,) = sweep_of(store, 1)
    claim_all(store)
    with WorkerLease(store.layout, "w"):
        first: Wanted = "pause" if done == "paused" else "stop"
        request(store, [run_id], first)
        event = {"run_id": run_id, "attempt": 1, "state": done, "step": 5}
        SpoolWriter(store.layout, "w").write(Batch(events=[event]))
        assert request(store, [run_id], last) == {run_id: "asked"}
        ingest(store, 10.0)
    assert states(store) == {run_id: (after, 1)}


def test_a_request_that_was_met_is_not_met_again(store: Store) -> None:
    (run_id,) = sweep_of(store, 1)
    claim_all(store)
    with WorkerLease(store.layout, "w"):
        request(store, [run_id], "pause")
    event = {"run_id": run_id, "attempt": 1, "state": "paused", "step": 5}
    SpoolWriter(store.layout, "w").write(Batch(events=[event]))
    ingest(store, 10.0)
    assert request(store, [run_id], "resume") == {run_id: "queued"}
    assert claim_all(store) == {run_id: 2}
    late = {"run_id": run_id, "attempt": 2, "state": "queued", "step": 6}
    SpoolWriter(store.layout, "w").write(Batch(events=[late]))
    ingest(store, 10.0)
    assert states(store) == {run_id: ("queued", 2)}


def test_a_worker_sees_what_is_asked_of_the_attempts_it_holds(store: Store) -> None:
    ids = sweep_of(store, 3)
    attempts = claim_all(store)
    with WorkerLease(store.layout, "w"):
        request(store, ids[:2], "stop")
        with store.read() as connection:
            assert requests(connection, attempts) == {ids[0]: "stop", ids[1]: "stop"}
        assert rows_of(store, "SELECT pending FROM runs ORDER BY run_id") == [
            ("stop",), ("stop",), (None,),
        ]  # fmt: skip
        request(store, [ids[0]], "resume")
        request(store, [ids[1]], "pause")
        with store.read() as connection:
            assert requests(connection, attempts) == {ids[1]: "pause"}
            assert requests(connection, {ids[1]: 2}) == {}


def test_the_start_lock_lets_one_in_at_a_time(store: Store, tmp_path: Path) -> None:
    with start_lock(store.layout), pytest.raises(StoreError, match="starting a worker"):
        start_lock(store.layout, wait=0.05).__enter__()
    with start_lock(store.layout, wait=0.0):
        pass
