"""The definitions: state, milestones, zones and the phase grid, on curves made by hand."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import pytest

from store.database import Store
from store.queue import claim
from store.records import runs_with_zones
from store.spool import Batch, SpoolWriter, ingest
from tests.store.support import rows_of, sweep_of

Point = tuple[int, float, float | None, float]  # step, train and validation accuracy, norm

PROGRESSION: list[Point] = [
    (100, 0.4, 0.01, 10),
    (400, 0.6, 0.3, 12),
    (900, 0.8, 0.6, 15),
    (1000, 0.81, 0.61, 15),
]
GROKKING: list[Point] = [
    (100, 0.995, 0.02, 30),
    (400, 1.0, 0.05, 40),
    (500, 1.0, 0.5, 39),
    (600, 1.0, 0.995, 33),
    (1000, 1.0, 1.0, 30),
]
UNGROKKING: list[Point] = [(100, 1.0, 0.02, 30), (500, 1.0, 0.03, 40), (1000, 1.0, 0.04, 50)]
SEMI: list[Point] = [
    (100, 1.0, 0.02, 30),
    (500, 1.0, 0.5, 40),
    (900, 1.0, 0.55, 42),
    (1000, 1.0, 0.56, 42),
]
COMPREHENSION: list[Point] = [(100, 0.995, 0.3, 30), (150, 1.0, 0.995, 29), (1000, 1.0, 1.0, 30)]


def curve(
    store: Store, points: Sequence[Point], state: str = "finished", detail: str = "", **changes: Any
) -> int:
    """Let a worker train one run with this curve, and return its id."""
    (run_id,) = sweep_of(store, 1, **changes)
    record(store, run_id, points, state, detail)
    return run_id


def record(
    store: Store, run_id: int, points: Sequence[Point], state: str, detail: str = ""
) -> None:
    claim(store, "w", "cpu", lambda _: [run_id])
    batch = Batch()
    for step, train, validation, norm in points:
        batch.metrics.append(
            {
                "run_id": run_id, "attempt": 1, "step": step, "seconds": step / 100,
                "train_accuracy": train, "validation_accuracy": validation,
                "parameter_norm": norm, "train_loss": 1 - train,
            }
        )  # fmt: skip
    last = points[-1][0] if points else 0
    batch.events.append(
        {"run_id": run_id, "attempt": 1, "state": state, "step": last, "detail": detail,
         "worker_id": "w"}
    )  # fmt: skip
    SpoolWriter(store.layout, "w").write(batch)
    ingest(store, 10.0)


def zone(store: Store, run_id: int) -> tuple[str, int, str | None]:
    (found,) = rows_of(
        store, f"SELECT zone, budget, undecided_because FROM zones WHERE run_id = {run_id}"
    )
    return found


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (PROGRESSION, "progression"),
        ([(100, 0.4, 0.01, 10), (1000, 0.6, 0.01, 12)], "progression"),  # capacity too small
        ([*PROGRESSION[:2], (900, 0.991, 0.985, 15), (1000, 1.0, 0.991, 16)], "progression"),
        (UNGROKKING, "ungrokking"),
        ([(50, 0.5, 0.2, 20), *UNGROKKING], "ungrokking"),  # a bump before it memorized
        (SEMI, "semi-grokking"),
        (GROKKING, "grokking"),
        ([(50, 0.9, 0.12, 20), *GROKKING], "grokking"),  # it rose a little before it memorized
        (COMPREHENSION, "comprehension"),
        ([(50, 0.9, 0.2, 40), *COMPREHENSION], "comprehension"),  # rose first, but the norm falls
    ],
)
def test_each_zone(store: Store, points: list[Point], expected: str) -> None:
    assert zone(store, curve(store, points)) == (expected, 1000, None)


@pytest.mark.parametrize(
    ("points", "state", "detail", "expected"),
    [
        (GROKKING, "running", "", ("undecided", 1000, "not ended")),
        (GROKKING, "paused", "", ("undecided", 1000, "not ended")),
        ([], "queued", "", ("undecided", 0, "not ended")),
        (GROKKING[:3], "diverged", "loss is nan", ("undecided", 500, "diverged")),
        (GROKKING[:3], "failed", "", ("undecided", 500, "failed")),
        (GROKKING[:3], "stopped", "", ("undecided", 500, "stopped before its budget")),
        (GROKKING[:4], "stopped", "", ("grokking", 600, None)),
        (GROKKING[:4], "finished", "settled", ("grokking", 600, None)),
        ([(s, t, None, n) for s, t, _, n in GROKKING], "finished", "",
         ("undecided", 1000, "no validation pairs")),
        ([*SEMI[:2], (890, 1.0, 0.5, 40), (1000, 1.0, 0.56, 41)], "finished", "",
         ("undecided", 1000, "still moving at the end of its budget")),
        ([*SEMI[:2], (890, 1.0, 0.5, 40), (1000, 1.0, 0.56, 41)], "finished", "settled",
         ("semi-grokking", 1000, None)),
    ],
)  # fmt: skip
def test_when_a_zone_is_undecided(
    store: Store, points: list[Point], state: str, detail: str, expected: tuple[str, int, str]
) -> None:
    assert zone(store, curve(store, points, state, detail)) == expected


def test_milestones(store: Store) -> None:
    run_id = curve(store, GROKKING)
    (found,) = rows_of(
        store,
        "SELECT memorized_at, rose_at, generalized_at, delay, norm_at_memorized, norm_at_rose, "
        f"norm_at_generalized, norm_change FROM milestones WHERE run_id = {run_id}",
    )
    assert found == (100, 500, 600, 6.0, 30, 39, 33, -6)
    (found,) = rows_of(
        store,
        "SELECT memorized_at, rose_at, generalized_at, delay, norm_change FROM milestones "
        f"WHERE run_id = {curve(store, PROGRESSION)}",
    )
    assert found == (None, 400, None, None, 3)


def test_thresholds_are_followed(store: Store) -> None:
    run_id = curve(store, SEMI)
    with store.write() as connection:
        connection.execute("UPDATE threshold SET value = 0.5 WHERE name = 'generalized'")
    assert zone(store, run_id)[0] == "grokking"
    with store.write() as connection:
        connection.execute("UPDATE threshold SET value = 6 WHERE name = 'delay'")
    assert zone(store, run_id)[0] == "comprehension"
    with store.write() as connection:
        connection.execute("UPDATE threshold SET value = 1.01 WHERE name = 'memorized'")
    assert zone(store, run_id)[0] == "progression"


def test_what_is_not_finite_is_shown_but_reaches_no_threshold(store: Store) -> None:
    points = [
        (100, 0.5, 0.1, 10.0),
        (200, math.nan, math.nan, math.nan),
        (300, math.inf, math.inf, math.inf),
    ]
    run_id = curve(store, points, "diverged")
    (found,) = rows_of(
        store,
        "SELECT memorized_at, generalized_at, best_validation_accuracy, validation_accuracy, step "
        f"FROM runs JOIN milestones USING (run_id) WHERE run_id = {run_id}",
    )
    assert found == (None, None, 0.1, math.inf, 300)


def test_of_a_repeated_step_the_last_attempt_counts(store: Store) -> None:
    (run_id, other) = sweep_of(store, 2)
    rows = [
        {"run_id": run, "attempt": attempt, "step": step, "seconds": 0.0, "train_loss": attempt}
        for run, attempt, steps in [(run_id, 1, range(6)), (run_id, 2, range(3, 9)),
                                    (run_id, 3, range(8, 10)), (other, 1, range(5))]
        for step in steps
    ]  # fmt: skip
    SpoolWriter(store.layout, "w").write(Batch(metrics=rows))
    ingest(store, 10.0)
    found = rows_of(store, "SELECT step, train_loss FROM metrics WHERE run_id = 1 ORDER BY step")
    assert found == [(s, 1 if s < 3 else 2 if s < 8 else 3) for s in range(10)]
    assert rows_of(store, "SELECT count(*) FROM metrics") == [(15,)]


def test_the_view_runs(store: Store) -> None:
    run_id = curve(store, SEMI, "stopped", "asked", width=32, task="x'y", steps=2000)
    (run,) = runs_with_zones(store, [run_id])
    expected = {
        "run_id": run_id, "sweep": "test", "state": "stopped", "detail": "asked", "step": 1000,
        "steps": 2000, "progress": 0.5, "worker_id": None, "width": 32, "task": "x'y",
        "train_accuracy": 1.0, "validation_accuracy": 0.56, "best_validation_accuracy": 0.56,
        "parameter_norm": 42.0, "seconds": 10.0, "attempt": 1, "memorized_at": 100,
        "zone": "undecided", "tags": [], "note": "",
    }  # fmt: skip
    assert expected.items() <= run.items()
    names = [row[0] for row in rows_of(store, "DESCRIBE runs")]
    assert set(names) <= run.keys()


def test_the_phase_grid_gathers_the_seeds_of_a_cell(store: Store) -> None:
    ids = sweep_of(store, 4, width=32)
    finals = [0.2, 0.5, 0.3]
    for run_id, final in zip(ids, finals, strict=False):
        record(
            store, run_id, [*SEMI[:2], (850, 1.0, final, 40), (1000, 1.0, final, 41)], "finished"
        )
    sweep_of(store, 1, width=64)
    cells = rows_of(
        store,
        "SELECT width, seeds, semi_grokking, undecided, zone, validation_accuracy, "
        "validation_interval, train_accuracy, memorized_at, generalized_at, run_ids "
        "FROM phase_grid ORDER BY width",
    )
    first, second = cells
    assert first[:5] == (32, 4, 3, 1, "semi-grokking")
    assert first[5] == pytest.approx(statistics.mean(finals))
    # Student's t for two degrees of freedom, two-sided 95 %
    assert first[6] == pytest.approx(4.303 * statistics.stdev(finals) / math.sqrt(3))
    assert first[7:] == (1.0, 100, None, ids)
    assert second == (64, 1, 0, 1, "undecided", None, None, None, None, None, [5])


def test_the_most_frequent_decided_zone_names_the_cell(store: Store) -> None:
    ids = sweep_of(store, 6)
    for run_id, points in zip(ids, [GROKKING, GROKKING, UNGROKKING], strict=False):
        record(store, run_id, points, "finished")
    assert rows_of(store, "SELECT zone, undecided FROM phase_grid") == [("grokking", 3)]


def test_the_sweeps(store: Store) -> None:
    ids = sweep_of(store, 6)
    for run_id, state in zip(ids, ["finished", "stopped", "failed", "diverged"], strict=False):
        record(store, run_id, GROKKING, state)
    claim(store, "w", "cpu", lambda found: [found[0].run_id])
    found = rows_of(
        store, "SELECT runs, queued, running, paused, finished, stopped, failed FROM sweeps"
    )
    assert found == [(6, 1, 1, 0, 1, 1, 2)]


def test_the_workers(store: Store) -> None:
    report = {"host": "h", "pid": 1, "device": "cpu", "runs": 1}
    writer = SpoolWriter(store.layout, "w")
    for worker, state in [("a", "started"), ("b", "started"), ("a", "training")]:
        writer.write(Batch(workers=[{**report, "worker_id": worker, "state": state}]))
    ingest(store, 10.0)
    found = rows_of(store, "SELECT worker_id, state FROM workers ORDER BY 1")
    assert found == [("a", "training"), ("b", "started")]


def test_every_column_of_every_view_has_a_meaning(store: Store) -> None:
    explained = set(rows_of(store, 'SELECT view, "column" FROM column_meaning'))
    views = {view for view, _ in explained}
    assert views >= {
        "sweeps",
        "runs",
        "run_states",
        "metrics",
        "checkpoints",
        "workers",
        "milestones",
        "zones",
        "phase_grid",
        "column_meaning",
    }
    for view in views:
        columns = {(view, row[0]) for row in rows_of(store, f"DESCRIBE {view}")}
        assert columns <= explained
    assert all(row[0] for row in rows_of(store, "SELECT meaning FROM column_meaning"))


@pytest.mark.parametrize("condition", ["run_id = 5", "run_id IN (5, 6)", "sweep_id = 1"])
@pytest.mark.parametrize("view", ["runs", "zones", "milestones"])
def test_conditions_do_not_change_what_is_computed(store: Store, view: str, condition: str) -> None:
    for points in (PROGRESSION, UNGROKKING, SEMI, GROKKING, COMPREHENSION, GROKKING):
        curve(store, points)
    whole = rows_of(store, f"SELECT * FROM {view}")
    names = [row[0] for row in rows_of(store, f"DESCRIBE {view}")]
    some = rows_of(store, f"SELECT * FROM {view} WHERE {condition} ORDER BY run_id")
    ids = [row[names.index("run_id")] for row in some]
    expected = [row for row in whole if row[names.index("run_id")] in ids]
    assert some == sorted(expected, key=lambda row: row[names.index("run_id")])
    assert ids
