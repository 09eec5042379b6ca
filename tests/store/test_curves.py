"""Reduced curves look like the whole ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.curves import curves, reduce_curve
from store.database import Store
from store.errors import StoreError
from store.spool import Batch, SpoolWriter, ingest
from tests.store.support import sweep_of

values = st.floats(allow_nan=True, allow_infinity=True, width=32)


@settings(deadline=None, max_examples=60)
@given(
    steps=st.sets(st.integers(0, 100_000), min_size=1, max_size=120),
    ys=st.lists(values, min_size=120, max_size=120),
    points=st.integers(10, 60),
    log_x=st.booleans(),
)
def test_a_reduced_curve_keeps_ends_extremes_and_non_finite_points(
    steps: set[int], ys: list[float], points: int, log_x: bool
) -> None:
    x = np.array(sorted(steps), dtype=np.float64)
    y = np.array(ys[: len(x)], dtype=np.float64)
    rx, ry = reduce_curve(x, y, points, log_x=log_x)
    assert len(rx) == len(ry) <= max(points, 0)
    assert (np.diff(rx) > 0).all()
    whole = dict(zip(x.tolist(), map(repr, y.tolist()), strict=True))
    assert all(whole[a] == repr(b) for a, b in zip(rx.tolist(), ry.tolist(), strict=True))
    if len(x) <= points:
        assert len(rx) == len(x)
        return
    assert (rx[0], rx[-1]) == (x[0], x[-1])
    kept = set(rx.tolist())
    for bucket in buckets_of(x.tolist(), points // 5 - 1, log_x=log_x):
        inside = {a: whole[a] for a in bucket}
        finite = [float(b) for b in inside.values() if math.isfinite(float(b))]
        shown = [float(whole[a]) for a in bucket if a in kept]
        if finite:
            assert min(finite) in shown
            assert max(finite) in shown
        if len(finite) < len(inside):
            assert not all(map(math.isfinite, shown))


def buckets_of(x: list[float], count: int, *, log_x: bool) -> list[list[float]]:
    """Cut an axis in the plainest way, as an independent reference."""
    found: dict[int, list[float]] = {}
    positive = [a for a in x if a > 0]
    for a in x:
        if not log_x:
            at, first, last = a, x[0], x[-1]
        elif a <= 0:
            found.setdefault(-1, []).append(a)
            continue
        else:
            at, first, last = (float(np.log(v)) for v in (a, positive[0], x[-1]))
        share = (at - first) / ((last - first) or 1.0) * count
        found.setdefault(min(int(share), count - 1), []).append(a)
    return list(found.values())


@pytest.fixture
def curved(store: Store) -> Store:
    sweep_of(store, 3)
    rows = [
        {"run_id": 1, "attempt": 1, "step": i, "seconds": i / 10, "train_loss": float(i % 91)}
        for i in range(2000)
    ]
    rows[500]["train_loss"] = math.nan
    rows[700]["train_loss"] = 1000.0
    rows[1000].pop("train_loss")
    rows.append({"run_id": 3, "attempt": 1, "step": 7, "seconds": 0.7, "train_loss": 1.0})
    rows.append({"run_id": 3, "attempt": 2, "step": 7, "seconds": 0.7, "train_loss": 2.0})
    SpoolWriter(store.layout, "w").write(Batch(metrics=rows))
    ingest(store, 10.0)
    return store


def test_curves_come_reduced_for_each_run_and_metric(curved: Store) -> None:
    found = curves(curved, [3, 1, 2], ["train_loss", "validation_loss"], points=100)
    assert list(found) == [3, 1, 2]
    x, y = found[1]["train_loss"]
    assert len(x) <= 100
    assert (x[0], x[-1]) == (0, 1999)
    assert 1000.0 in y
    assert np.isnan(y[x == 500]).all()
    assert (x == 500).any()
    assert [a.tolist() for a in found[3]["train_loss"]] == [[7.0], [2.0]]
    for empty in (found[1]["validation_loss"], found[2]["train_loss"]):
        assert [a.tolist() for a in empty] == [[], []]


def test_a_null_is_no_point(curved: Store) -> None:
    x, y = curves(curved, [1], ["train_loss"], points=5000)[1]["train_loss"]
    assert len(x) == len(y) == 1999
    assert 1000 not in x


@pytest.mark.parametrize(
    ("axis", "last"), [("step", 1999), ("seconds", 199.9), ("operations", 1999e9)]
)
def test_curves_can_be_drawn_over_steps_time_and_operations(
    curved: Store, axis: str, last: float
) -> None:
    x, _ = curves(curved, [1], ["train_loss"], points=50, x=axis)[1]["train_loss"]
    assert x[-1] == last


def test_a_logarithmic_axis_gets_early_points(curved: Store) -> None:
    x, _ = curves(curved, [1], ["train_loss"], points=100, log_x=True)[1]["train_loss"]
    assert {0, 1, 2, 3, 4} <= set(x.tolist())


def test_what_is_no_metric_is_named(curved: Store) -> None:
    with pytest.raises(StoreError, match="no metric seed; there are train_loss"):
        curves(curved, [1], ["seed"], points=50)
    with pytest.raises(StoreError, match="no x axis hours; there are step"):
        curves(curved, [1], ["train_loss"], points=50, x="hours")
