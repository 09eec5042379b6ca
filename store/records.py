"""Rows of the views as plain dictionaries, for commands and screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from store.database import Store
from store.names import sql

Record = dict[str, Any]


def runs_with_zones(store: Store, run_ids: Sequence[int]) -> list[Record]:
    """Return the runs (all columns of ``runs``) with their milestones and zone."""
    return _records(store, "runs_with_zones", list(run_ids))


def sweep_record(store: Store, sweep_id: int) -> Record:
    """Return one row of ``sweeps``."""
    return _records(store, "sweep_record", sweep_id)[0]


def sweep_progress(store: Store, sweep_id: int) -> list[Record]:
    """Return for each run of a sweep its state and step, without looking at metrics."""
    return _records(store, "sweep_progress", sweep_id)


def held_runs(store: Store) -> list[Record]:
    """Return how many runs of each sweep each worker holds: sweep_id, worker_id, runs."""
    return _records(store, "held_runs")


def events_of(store: Store, run_id: int) -> list[Record]:
    """Return what happened to a run, in order."""
    return _records(store, "run_events", run_id)


def checkpoints_of(store: Store, run_id: int) -> list[Record]:
    """Return the checkpoints of a run, the oldest first."""
    return _records(store, "run_checkpoints", run_id)


def thresholds(store: Store, wait: float = 5.0) -> dict[str, float]:
    """Return the limits that define milestones and zones, by name."""
    with store.read(wait) as connection:
        return dict(connection.execute(sql("thresholds")).fetchall())


def student_t(store: Store) -> dict[int, float]:
    """Return the quantiles of Student's t for a two-sided 95 % interval, by degrees of freedom."""
    with store.read() as connection:
        return dict(connection.execute(sql("student_t")).fetchall())


def _records(store: Store, name: str, *parameters: object) -> list[Record]:
    with store.read() as connection:
        result = connection.execute(sql(name), list(parameters))
        columns = [column[0] for column in result.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
