"""The queue: which run is to be trained, by whom, and what people ask of it.

A run's state is that of the last event of its last attempt. A worker claims runs in one
transaction, which adds one to their attempt; what a worker of an earlier attempt still writes
is told apart by that number. There is no lock on a run: the lease of its worker is the lock.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import duckdb

from store.checkpoints import Checkpoint, usable_checkpoints
from store.errors import StoreError
from store.leases import LeaseObserver
from store.names import sql
from store.spool import ingest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from store.database import Store

_log = logging.getLogger(__name__)

Wanted = Literal["stop", "pause", "resume"]

_DONE: Final[Mapping[Wanted, str]] = {"stop": "stopped", "pause": "paused", "resume": "queued"}

Outcome = dict[int, str]
"""What a request came to, for each run: ``stopped``, ``paused``, ``queued`` (done at once),
``asked`` (its worker will see it), ``already <state>`` (nothing to do), ``unknown`` (no such run).
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A queued run that a worker may claim."""

    run_id: int
    sweep_id: int
    shape: str
    train_size: int
    memory_bytes: int
    """That it adds to an ensemble in training."""
    resume_step: int | None
    """Of its checkpoint; None without one."""
    attempt: int
    """Of the claim before; 0 for none."""


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run that a worker holds from now on."""

    run_id: int
    sweep_id: int
    attempt: int
    config: dict[str, Any]
    """The row of run_config."""
    resume: Checkpoint | None
    seconds: float
    """Training time until the checkpoint."""


def add_sweep(
    store: Store,
    name: str,
    specification: str,
    runs: Sequence[Mapping[str, Any]],
    wait: float = 30.0,
) -> tuple[int, list[int]]:
    """Queue a sweep and return its id and the ids of its runs, in order.

    Each of ``runs`` has the columns of run_config but run_id, sweep_id and created_at, the same
    ones in every run. All happens in one transaction, or nothing.

    Raises:
        StoreError: there are no runs, or a run lacks a column, has an unknown one or a value
            that does not fit.
    """
    with store.write(wait) as connection:
        return insert_sweep(connection, name, specification, runs)


def insert_sweep(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    specification: str,
    runs: Sequence[Mapping[str, Any]],
) -> tuple[int, list[int]]:
    """Do the work of :func:`add_sweep` inside the caller's transaction."""
    row = connection.execute(
        sql("add_sweep"), {"name": name, "specification": specification}
    ).fetchone()
    assert row is not None
    sweep_id = int(row[0])
    return sweep_id, _insert_runs(connection, sweep_id, name, runs)


def extend_sweep(
    store: Store,
    sweep_id: int,
    specification: str,
    runs: Sequence[Mapping[str, Any]],
    wait: float = 30.0,
) -> list[int]:
    """Queue more runs of a sweep, whose specification becomes this one; return their ids.

    Raises:
        StoreError: there is no such sweep (any more), or as :func:`add_sweep`.
    """
    with store.write(wait) as connection:
        ids = {"sweep_id": sweep_id, "specification": specification}
        if not connection.execute(sql("set_specification"), ids).fetchall():
            raise StoreError(f"There is no sweep s{sweep_id}; nothing was queued.")
        return _insert_runs(connection, sweep_id, f"s{sweep_id}", runs)


def _insert_runs(
    connection: duckdb.DuckDBPyConnection,
    sweep_id: int,
    name: str,
    runs: Sequence[Mapping[str, Any]],
) -> list[int]:
    if not runs:
        raise StoreError(f"The sweep {name} has no runs.")
    columns = list(runs[0])
    run_ids = [
        run_id for (run_id,) in connection.execute(sql("new_run_ids"), [len(runs)]).fetchall()
    ]
    try:
        with connection.appender(
            "run_config", columns=["run_id", "sweep_id", *columns]
        ) as appender:
            appender.append_rows(
                [
                    (run_id, sweep_id, *(run[column] for column in columns))
                    for run_id, run in zip(run_ids, runs, strict=True)
                ]
            )
    except KeyError as error:
        raise StoreError(f"A run of the sweep {name} lacks {error}.") from error
    except duckdb.Error as error:
        raise StoreError(
            f"A run of the sweep {name} does not fit the table run_config: {error}."
        ) from error
    _add_events(connection, [(run_id, 0, "queued", None, None, "") for run_id in run_ids])
    return run_ids


def claim(
    store: Store,
    worker_id: str,
    device: str,
    choose: Callable[[Sequence[Candidate]], Sequence[int]],
    wait: float = 30.0,
) -> list[ClaimedRun]:
    """Give a worker the queued runs that ``choose`` picks; two workers never get the same.

    ``choose`` sees the queued runs that may train on ``device``, by run id, and returns the run
    ids it wants. It is called inside the transaction and should be quick.

    Raises:
        DatabaseHeld: someone has the database open until the wait is over; nothing is claimed.
    """
    with store.write(wait) as connection:
        rows = connection.execute(sql("queued_runs"), {"device": device}).fetchall()
        if not rows:
            return []
        # a run that never began has no checkpoint to look for, unless it is a fork
        begun = [run_id for run_id, *_, attempt, is_fork in rows if attempt or is_fork]
        resumable = usable_checkpoints(connection, store.root, begun)
        candidates = {}
        for run_id, sweep_id, shape, train_size, memory, attempt, _ in rows:
            step = resumable[run_id].step if run_id in resumable else None
            candidates[run_id] = Candidate(
                run_id, sweep_id, shape, train_size, memory, step, attempt
            )
        chosen = [candidates[run_id] for run_id in choose(list(candidates.values()))]
        configs = _configs(connection, [candidate.run_id for candidate in chosen])
        claimed = []
        for candidate in chosen:
            resume = resumable.get(candidate.run_id)
            claimed.append(
                ClaimedRun(
                    run_id=candidate.run_id,
                    sweep_id=candidate.sweep_id,
                    attempt=candidate.attempt + 1,
                    config=configs[candidate.run_id],
                    resume=resume,
                    seconds=resume.seconds if resume else 0.0,
                )
            )
        _add_events(
            connection,
            [
                (
                    run.run_id,
                    run.attempt,
                    "running",
                    run.resume.step if run.resume else 0,
                    worker_id,
                    "",
                )
                for run in claimed
            ],
        )
    return claimed


def release_lapsed(
    store: Store,
    observer: LeaseObserver,
    wait: float = 30.0,
    run_ids: Sequence[int] | None = None,
) -> list[int]:
    """Free the runs of workers that are dead (those of ``run_ids`` alone); return their ids.

    They are queued again, or stopped or paused where that was asked of the dead worker. What it
    left in the spool is ingested first: a run that it finished is not trained again.

    Raises:
        DatabaseHeld: someone has the database open until the wait is over; nothing changed.
    """
    with store.read(wait) as connection:
        holders = {name for (name,) in connection.execute(sql("holders")).fetchall()}
    if not holders <= observer.alive():
        ingest(store, wait)
        with store.write(wait) as connection:
            # asked again inside the transaction: a worker may have claimed in between
            dead = {name for (name,) in connection.execute(sql("holders")).fetchall()}
            dead -= observer.alive()
            wanted = {"workers": sorted(dead), "run_ids": run_ids}
            released = [
                run_id for (run_id,) in connection.execute(sql("release_runs"), wanted).fetchall()
            ]
            holders = {name for (name,) in connection.execute(sql("holders")).fetchall()}
        if released:
            _log.info("Runs %s are free again: the lease of %s lapsed.", released, sorted(dead))
    else:
        released = []
    for worker_id in observer.dead():
        if worker_id not in holders:
            observer.forget(worker_id)
    return released


def owned(
    connection: duckdb.DuckDBPyConnection, worker_id: str, attempts: Mapping[int, int]
) -> set[int]:
    """Return which of these runs (id → attempt) the worker still holds.

    A worker that hung for longer than its lease asks this before it goes on.
    """
    rows = connection.execute(
        sql("owned_runs"), {"worker_id": worker_id, "run_ids": list(attempts)}
    ).fetchall()
    return {run_id for run_id, attempt in rows if attempts[run_id] == attempt}


def request(
    store: Store,
    run_ids: Iterable[int],
    wanted: Wanted,
    wait: float = 30.0,
    observer: LeaseObserver | None = None,
) -> Outcome:
    """Stop, pause or resume runs; return what that came to for each.

    A queued run is stopped or paused at once. Of a running one it is asked: its worker sees it
    (:func:`requests`); if that worker is dead, the run is freed first. Resuming queues a run that
    is paused, stopped, diverged or failed, and takes back what was asked of a running one. An
    ``observer`` that has watched for a while knows of hung workers, too.

    Raises:
        DatabaseHeld: someone has the database open until the wait is over.
    """
    ids = list(dict.fromkeys(run_ids))
    freed = set(release_lapsed(store, observer or LeaseObserver(store.layout), wait, ids))
    outcome: Outcome = dict.fromkeys(ids, "unknown")
    events: list[tuple[Any, ...]] = []
    asked: list[tuple[int, int, str]] = []
    with store.write(wait) as connection:
        rows = connection.execute(sql("states_of"), {"run_ids": ids}).fetchall()
        for run_id, attempt, state, step, pending in rows:
            if run_id in freed and state in _DONE.values():  # whatever was asked of it before
                outcome[run_id] = _DONE[wanted]
                change = None if state == _DONE[wanted] else _DONE[wanted]
            else:
                outcome[run_id], change = _answer(wanted, state, pending)
            if change == "ask":
                asked.append((run_id, attempt, "continue" if wanted == "resume" else wanted))
            elif change:
                events.append((run_id, attempt, change, step, None, "asked for"))
        _add_events(connection, events)
        if asked:
            with connection.appender(
                "request_log", columns=["run_id", "attempt", "wanted"]
            ) as appender:
                appender.append_rows(asked)
    return outcome


def _answer(wanted: Wanted, state: str, pending: str | None) -> tuple[str, str | None]:
    """Return what a request comes to: a word for the outcome, and the new state or 'ask'."""
    if state == "running":
        if wanted == "resume" and pending not in ("stop", "pause"):
            return "already running", None
        return "asked", "ask"
    if wanted == "resume":
        if state in ("queued", "finished"):
            return f"already {state}", None
        return "queued", "queued"
    target = _DONE[wanted]
    if state == "queued" or (state == "paused" and wanted == "stop"):
        return target, target
    return f"already {state}", None


def requests(connection: duckdb.DuckDBPyConnection, attempts: Mapping[int, int]) -> dict[int, str]:
    """Return what is asked of the runs (id → attempt) that a worker holds: stop or pause.

    What was asked of an earlier attempt, or taken back, is left out.
    """
    rows = connection.execute(
        sql("requests_of"),
        {"run_ids": list(attempts.keys()), "attempts": list(attempts.values())},
    ).fetchall()
    return dict(rows)


def _configs(
    connection: duckdb.DuckDBPyConnection, run_ids: list[int]
) -> dict[int, dict[str, Any]]:
    result = connection.execute(sql("configs_of"), {"run_ids": run_ids})
    names = [column[0] for column in result.description or ()]
    rows = (dict(zip(names, row, strict=True)) for row in result.fetchall())
    return {row["run_id"]: row for row in rows}


def _add_events(connection: duckdb.DuckDBPyConnection, events: Sequence[tuple[Any, ...]]) -> None:
    """Append (run_id, attempt, state, step, worker_id, detail)."""
    if events:
        columns = ["run_id", "attempt", "state", "step", "worker_id", "detail"]
        with connection.appender("run_event_log", columns=columns) as appender:
            appender.append_rows(list(events))
