"""The study's definitions on curves made by hand, whose answers are known in closed form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.database import Store
from store.names import sql
from store.queue import add_sweep, claim
from store.spool import Batch, SpoolWriter, ingest
from tests.store.support import config

Ends = Mapping[tuple[int, int], Sequence[tuple[float, float]]]
"""(width, train size) → final training and validation accuracy of each seed."""


def trained(store: Store, ends: Ends, **changes: Any) -> int:
    """A sweep whose runs end with these accuracies; its id."""
    configs, finals = [], []
    for (width, size), seeds in ends.items():
        for seed, final in enumerate(seeds):
            parameters = changes.get("parameters", 100 * width)
            configs.append(
                config(
                    **{**changes, "width": width, "train_size": size, "seed": seed,
                       "parameters": parameters}
                )
            )  # fmt: skip
            finals.append(final)
    sweep_id, run_ids = add_sweep(store, "test", "", configs)
    end(store, run_ids, [[(1000, *final, 10.0)] for final in finals])
    return sweep_id


def end(
    store: Store,
    run_ids: Sequence[int],
    curves: Sequence[Sequence[tuple[int, float, float, float]]],
) -> None:
    """Let a worker finish runs with these curves: step, both accuracies, norm."""
    wanted = set(run_ids)
    claim(store, "w", "cpu", lambda queued: [c.run_id for c in queued if c.run_id in wanted])
    batch = Batch()
    for run_id, curve in zip(run_ids, curves, strict=True):
        for step, train, validation, norm in curve:
            batch.metrics.append(
                {"run_id": run_id, "attempt": 1, "step": step, "seconds": 1.0,
                 "train_accuracy": train, "validation_accuracy": validation,
                 "parameter_norm": norm}
            )  # fmt: skip
        batch.events.append(
            {"run_id": run_id, "attempt": 1, "state": "finished", "step": curve[-1][0],
             "detail": "", "worker_id": "w"}
        )  # fmt: skip
    SpoolWriter(store.layout, "w").write(batch)
    ingest(store, 10.0)


def rows(store: Store, query: str) -> list[dict[str, Any]]:
    with store.read() as connection:
        result = connection.execute(query)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def same(*values: float) -> list[tuple[float, float]]:
    """Seeds that memorized, with these validation accuracies."""
    return [(1.0, value) for value in values]


def test_the_critical_size_is_the_mean_over_seeds_of_where_each_rises(store: Store) -> None:
    trained(
        store,
        {
            (8, 100): same(0.1, 0.1),
            (8, 200): same(0.4, 0.1),
            (8, 300): same(1.0, 0.1),
            (8, 400): same(1.0, 1.0),
            (16, 100): same(0.0, 0.0),
            (16, 200): same(0.9, 1.0),
        },
    )
    narrow, wide = rows(store, "SELECT * FROM critical_size ORDER BY width")
    seeds = (200 + 100 * (0.9 - 0.4) / 0.6, 300 + 100 * 0.8 / 0.9)
    mean, half = sum(seeds) / 2, 12.706 * abs(seeds[0] - seeds[1]) / 2
    assert narrow["critical_size"] == pytest.approx(mean)
    assert (narrow["low"], narrow["high"]) == pytest.approx((mean - half, mean + half), rel=1e-4)
    assert (narrow["place"], narrow["beyond"]) == ("within", 0)
    assert (narrow["seeds"], narrow["sizes"], narrow["largest_size"]) == (2, 4, 400)
    assert wide["critical_size"] == pytest.approx((200 + 190) / 2)


def test_a_critical_size_beyond_the_sizes_is_no_guess(store: Store) -> None:
    trained(
        store,
        {
            (8, 100): same(0.1), (8, 200): same(0.2),
            (16, 100): same(0.9), (16, 200): same(1.0),
            (32, 100): same(0.1), (32, 200): same(0.8), (32, 300): same(0.3),
        },
    )  # fmt: skip
    found = rows(store, "SELECT place, critical_size FROM critical_size ORDER BY width")
    assert [row["place"] for row in found] == ["above", "below", "above"]
    assert [row["critical_size"] for row in found] == [None] * 3


def test_a_seed_that_comes_and_goes_counts_by_the_sizes_at_which_it_fails(store: Store) -> None:
    ends = dict(zip(range(100, 800, 100), (0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0), strict=True))
    trained(store, {(8, size): same(validation) for size, validation in ends.items()})
    (found,) = rows(store, "SELECT critical_size FROM critical_size_of_seed")
    assert found["critical_size"] == pytest.approx(100 + 90 + 90 + 90)


def test_a_single_seed_beyond_the_sizes_counts_as_their_end(store: Store) -> None:
    trained(store, {(8, 100): same(0.8, 0.8, 0.8), (8, 200): same(1.0, 1.0, 0.8)})
    (found,) = rows(store, "SELECT place, beyond, critical_size FROM critical_size")
    assert (found["place"], found["beyond"]) == ("within", 1)
    assert found["critical_size"] == pytest.approx((150 + 150 + 200) / 3)


def test_the_threshold_of_the_critical_size_can_be_changed(store: Store) -> None:
    trained(store, {(8, 100): same(0.0), (8, 200): same(1.0)})
    assert rows(store, "SELECT critical_size AS size FROM critical_size") == [{"size": 190.0}]
    with store.write() as connection:
        connection.execute("UPDATE threshold SET value = 0.5 WHERE name = 'critical'")
    assert rows(store, "SELECT critical_size AS size FROM critical_size") == [{"size": 150.0}]


def test_capacity_is_in_pairs_with_the_interval_of_its_mean(store: Store) -> None:
    trained(store, {(8, 1000): [(0.5, 0.0), (0.6, 0.0), (0.7, 0.0)]}, task="random")
    trained(store, {(8, 1000): [(0.9, 0.0)]})  # not of random labels
    (found,) = rows(store, "SELECT * FROM capacity")
    assert found["capacity"] == pytest.approx(600)
    assert found["spread"] == pytest.approx(100)
    half = 4.303 * 100 / math.sqrt(3)
    assert (found["low"], found["high"]) == pytest.approx((600 - half, 600 + half))


def test_the_curves_cross_where_both_are_equal(store: Store) -> None:
    critical = trained(
        store,
        {(width, size): same(validation) for width, sizes in
         {4: (0.0, 0.0, 1.0), 8: (0.0, 1.0, 1.0), 12: (0.0, 1.0, 1.0)}.items()
         for size, validation in zip((100, 300, 500), sizes, strict=True)},
    )  # fmt: skip
    capacity = trained(
        store, {(4, 1000): [(0.2, 0)], (8, 1000): [(0.4, 0)], (12, 1000): [(1, 0)]}, task="random"
    )
    # critical size 480, 280, 280 and capacity 200, 400, 1000 at widths 4, 8, 12
    (found,) = rows(store, "SELECT * FROM crossing")
    assert (found["critical_sweep_id"], found["capacity_sweep_id"]) == (critical, capacity)
    assert found["width"] == pytest.approx(4 + 4 * 280 / 400)
    assert found["train_size"] == pytest.approx(480 - 200 * 0.7)
    predicted = {
        (row["width"], row["train_size"]): row["predicted"]
        for row in rows(store, "SELECT * FROM zone_prediction")
    }
    assert predicted[4, 300] == "progression"
    assert predicted[8, 100] == "ungrokking"
    assert predicted[8, 300] == "grokking"


def test_a_width_that_never_generalizes_lies_above_its_capacity(store: Store) -> None:
    trained(
        store,
        {(4, 100): same(0.2, 0.3), (4, 200): same(0.4, 0.5),
         (8, 100): same(0.0, 0.0), (8, 200): same(1.0, 1.0)},
    )  # fmt: skip
    trained(store, {(4, 1000): [(0.1, 0)], (8, 1000): [(0.4, 0)]}, task="random")
    found = rows(store, "SELECT * FROM frontiers ORDER BY width")
    assert [(row["critical_low"], row["critical_high"]) for row in found] == [
        (200, 200),
        (190, 190),
    ]
    (crossing,) = rows(store, "SELECT width FROM crossing")
    assert crossing["width"] == pytest.approx(4 + 4 * 100 / 310)  # 100 short at 4, 210 over at 8


def test_a_dip_has_its_place_depth_and_interval(store: Store) -> None:
    trained(
        store,
        {
            (4, 100): same(0.5, 0.7), (8, 100): same(0.6, 0.8), (16, 100): same(0.1, 0.1),
            (32, 100): same(0.2, 0.2), (64, 100): same(1.0, 1.0),
            (4, 200): same(0.5, 0.5), (8, 200): same(0.6, 0.6), (16, 200): same(1.0, 1.0),
            (32, 200): same(1.0, 1.0), (64, 200): same(0.95, 0.95),
        },
    )  # fmt: skip
    dip, none = rows(store, "SELECT * FROM double_descent ORDER BY train_size")
    assert (dip["width_before"], dip["width"], dip["width_after"]) == (8, 16, 64)
    assert dip["dip_depth"] == pytest.approx(0.6)
    assert dip["low"] == pytest.approx(0.6 - 12.706 * 0.1, rel=1e-4)
    assert not dip["dips"]  # deep, but two seeds that differ say little
    assert none["dip_depth"] <= 0
    assert not none["dips"]


def test_a_dip_that_is_deep_and_sure_counts(store: Store) -> None:
    trained(store, {(4, 9): same(0.5, 0.5), (8, 9): same(0.1, 0.1), (16, 9): same(0.9, 0.9)})
    assert rows(store, "SELECT dips, dip_depth FROM double_descent") == [
        {"dips": True, "dip_depth": pytest.approx(0.4)}
    ]


def test_more_data_may_make_a_model_worse(store: Store) -> None:
    ends = {(8, 100): [(1, 0.6)] * 3, (8, 200): [(1, 0.2)] * 3, (8, 300): [(1, 0.9)] * 3}
    trained(store, {**ends, (16, 100): [(1, 0.5)], (16, 200): [(1, 0.7)]})
    found = rows(
        store,
        "SELECT width, train_size, train_size_before, train_size_after, dip_depth, dips "
        "FROM sample_wise_descent ORDER BY width",
    )
    assert [tuple(row.values()) for row in found] == [
        (8, 200, 100, 300, pytest.approx(0.4), True),
        (16, None, None, None, None, False),
    ]


def test_a_run_may_get_worse_and_better_again(store: Store) -> None:
    _, run_ids = add_sweep(store, "t", "", [config(seed=seed) for seed in range(3)])
    dipping = [(0, 0.0, 0.0, 1.0), (10, 1.0, 0.5, 1.0), (20, 1.0, 0.1, 1.0), (30, 1.0, 0.8, 1.0)]
    rising = [(0, 0.0, 0.0, 1.0), (10, 1.0, 0.3, 1.0), (20, 1.0, 0.25, 1.0), (30, 1.0, 0.9, 1.0)]
    shaken = [(0, 0.0, 0.0, 1.0), (10, 1.0, 0.9, 1.0), (20, 0.8, 0.7, 1.0), (30, 1.0, 0.9, 1.0)]
    end(store, run_ids, [dipping, rising, shaken])
    found = rows(
        store,
        "SELECT step, dip_depth, train_before, train_accuracy, dips, disturbed "
        "FROM epoch_wise_descent ORDER BY run_id",
    )
    assert [tuple(row.values()) for row in found] == [
        (20, pytest.approx(0.4), 1.0, 1.0, True, False),
        (20, pytest.approx(0.05), 1.0, 1.0, False, False),
        (20, pytest.approx(0.2), 1.0, pytest.approx(0.8), True, True),
    ]
    with store.read() as connection:
        table = connection.execute(sql("epoch_wise_table"), {"run_ids": run_ids}).fetchall()
    assert [row[0] for row in table] == [run_ids[0], run_ids[2], run_ids[1]]
    assert {row[-1] for row in table} == {3}


def test_emergence_is_interpolated_over_the_logarithm_of_parameters(store: Store) -> None:
    trained(
        store,
        {(1, 50): same(0.0, 0.0), (10, 50): same(0.2, 0.4), (100, 50): same(0.8, 1.0)},
        memorization_size=20,
    )
    (found,) = rows(store, "SELECT * FROM emergence")

    def between(low: float, high: float, at: float) -> float:
        return float(10 ** (3 + (at - low) / (high - low)))

    assert found["low"] == pytest.approx(between(0.4, 1.0, 0.5))
    assert found["parameters"] == pytest.approx(between(0.3, 0.9, 0.5))
    assert found["high"] == pytest.approx(between(0.2, 0.8, 0.5))
    assert found["generalized_parameters"] == pytest.approx(between(0.4, 1.0, 0.99))
    assert (found["smallest"], found["largest"]) == (100, 10_000)
    assert (found["place"], found["best_place"]) == ("within", "within")


def test_the_sign_of_the_norm_is_told_by_the_order_of_events(store: Store) -> None:
    rising = [(100, 0.4, 0.05, 10.0), (200, 0.6, 0.3, 12.0), (1000, 0.9, 0.9, 15.0)]
    falling = [(100, 1.0, 0.05, 30.0), (500, 1.0, 0.3, 40.0), (1000, 1.0, 1.0, 33.0)]
    never = [(100, 1.0, 0.0, 30.0), (1000, 1.0, 0.0, 60.0)]
    configs = [config(seed=seed, width=width) for width in (8, 64) for seed in (0, 1)]
    _, run_ids = add_sweep(store, "test", "", configs)
    end(store, run_ids, [rising, rising, falling, never])
    found = rows(store, "SELECT * FROM norm_sign ORDER BY width")
    assert [(row["width"], row["came_first"], row["runs"]) for row in found] == [
        (8, "rose", 2),
        (64, "memorized", 1),
    ]
    assert [row["norm_change"] for row in found] == pytest.approx([3.0, -7.0])
    assert (found[0]["rising"], found[1]["falling"]) == (2, 1)


@settings(max_examples=30, deadline=None)
@given(
    ys=st.lists(st.floats(0, 1, width=32), min_size=2, max_size=12),
    height=st.floats(1 / 64, 63 / 64, width=32),
)
def test_the_last_rise_is_that_of_a_plain_search(
    template_store: Store, ys: list[float], height: float
) -> None:
    rises = [i for i in range(len(ys) - 1) if ys[i] < height <= ys[i + 1]]
    expected = None
    if ys[-1] >= height and rises:
        i = rises[-1]
        expected = pytest.approx(i + (height - ys[i]) / (ys[i + 1] - ys[i]), abs=1e-6)
    with template_store.read() as connection:
        found = connection.execute(
            "SELECT rise_at(range(len($ys))::DOUBLE[], $ys::DOUBLE[], $height::DOUBLE)",
            {"ys": ys, "height": height},
        ).fetchone()
    assert found == (expected,)


@pytest.fixture(scope="module")
def template_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(tmp_path_factory.mktemp("study"))


def test_every_column_of_the_study_is_explained(store: Store) -> None:
    views = (
        "critical_size_of_seed", "critical_size", "capacity", "frontiers", "crossing",
        "zone_prediction", "double_descent", "sample_wise_descent", "epoch_wise_descent",
        "emergence", "norm_sign", "early_signs", "early_prediction", "early_prediction_quality",
    )  # fmt: skip
    unexplained = rows(
        store,
        "SELECT table_name, column_name FROM duckdb_columns() "
        f"WHERE table_name IN {views} AND comment IS NULL",
    )
    assert unexplained == []


def test_a_run_is_judged_by_the_runs_of_other_sweeps_with_its_signs(store: Store) -> None:
    def curve(rose: bool, generalizes: bool) -> list[tuple[int, float, float, float]]:
        early = (40, 1.0, 0.3 if rose else 0.0, 10.0)  # 4 % of the budget: memorized
        return [early, (90, 1.0, early[2], 10.0), (1000, 1.0, float(generalizes), 10.0)]

    def sweep(*runs: tuple[bool, bool]) -> tuple[int, list[int]]:
        configs = [config(seed=seed, steps=1000) for seed in range(len(runs))]
        sweep_id, run_ids = add_sweep(store, "test", "", configs)
        end(store, run_ids, [curve(*run) for run in runs])
        return sweep_id, run_ids

    first, _ = sweep((True, True), (True, True), (True, False), (False, False))
    second, _ = sweep((True, True), (False, True))
    found = rows(
        store,
        "SELECT DISTINCT sweep_id, share_of_budget AS share, rose, memorized, runs_alike, "
        "likelihood FROM early_prediction ORDER BY ALL",
    )
    assert [tuple(row.values()) for row in found] == [
        (sweep_id, share, rose, True, alike, pytest.approx(likelihood))
        for sweep_id, signs in (
            (first, ((False, 1, 2 / 3), (True, 1, 2 / 3))),
            (second, ((False, 1, 1 / 3), (True, 3, 3 / 5))),
        )
        for share in (0.05, 0.1)
        for rose, alike, likelihood in signs
    ]
    quality = rows(store, "SELECT * FROM early_prediction_quality ORDER BY share_of_budget")
    squares = (1 / 3) ** 2 * 2 + (2 / 3) ** 2 * 2 + (2 / 5) ** 2 + (2 / 3) ** 2
    for row in quality:
        assert (row["runs"], row["sweeps"]) == (6, 2)
        assert row["hit_rate"] == pytest.approx(3 / 6)
        assert row["base_rate"] == pytest.approx(4 / 6)
        assert row["brier_score"] == pytest.approx(squares / 6)
        assert row["base_brier_score"] == pytest.approx(4 / 6 * 2 / 6)


def test_what_has_generalized_or_not_come_so_far_is_not_foretold(store: Store) -> None:
    configs = [config(seed=seed, steps=1000) for seed in range(2)]
    _, run_ids = add_sweep(store, "test", "", configs)
    quick = [(20, 1.0, 1.0, 10.0), (1000, 1.0, 1.0, 10.0)]
    later = [(20, 1.0, 0.0, 10.0), (80, 1.0, 1.0, 10.0), (1000, 1.0, 1.0, 10.0)]
    end(store, run_ids, [quick, later])
    found = rows(store, "SELECT run_id, share_of_budget, likelihood FROM early_prediction")
    assert [tuple(row.values()) for row in found] == [(run_ids[1], 0.05, None)]
