"""Learning curves, reduced to the points that a drawing can show."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from store.errors import StoreError
from store.names import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from store.database import Store

    Floats = NDArray[np.float64]
    Curve = tuple[Floats, Floats]

METRICS = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "task_loss",
    "task_accuracy",
    "memorization_loss",
    "memorization_accuracy",
    "parameter_norm",
    "gradient_norm",
    "saturated_share",
)
"""What :func:`curves` can return: the measured columns of the view metrics."""

AXES = {
    "step": "step::DOUBLE",
    "seconds": "seconds",
    "operations": "step * operations_per_step",
}
"""What curves can be drawn over, and how that is computed."""

_RUNS_AT_ONCE = 100  # bounds memory: some 100 000 rows


def curves(
    store: Store,
    run_ids: Sequence[int],
    metrics: Sequence[str],
    points: int,
    x: str = "step",
    *,
    log_x: bool = False,
    wait: float = 5.0,
) -> dict[int, dict[str, Curve]]:
    """Return for each run and metric (x, y), two float64 arrays of equal length.

    x ascends and has at most ``points`` values, chosen by :func:`reduce_curve`. Where the metric
    is null there is no point; NaN and infinite values are kept. A run without rows has empty
    curves.

    Args:
        store: where to read.
        run_ids: the runs.
        metrics: names out of METRICS.
        points: how many points a curve may have, at least 10.
        x: ``step``, ``seconds`` of training, or floating-point ``operations``.
        log_x: whether the points are to be even on a logarithmic axis.
        wait: seconds to wait for the database.

    Raises:
        StoreError: there is no such metric or axis.
        DatabaseHeld: someone is writing until the wait is over.
    """
    for name in metrics:
        if name not in METRICS:
            raise StoreError(f"There is no metric {name}; there are {', '.join(METRICS)}.")
    if x not in AXES:
        raise StoreError(f"There is no x axis {x}; there are {', '.join(AXES)}.")
    columns = ", ".join(["", *metrics])
    query = sql("curves").replace("{x}", AXES[x]).replace("{columns}", columns)
    found: dict[int, dict[str, Curve]] = {}
    with store.read(wait) as connection:
        for some in _batches(run_ids):
            table = connection.execute(query, {"run_ids": some}).fetchnumpy()
            for run_id, rows in _runs(table["run_id"]):
                xs = np.asarray(table["x"][rows], dtype=np.float64)
                found[run_id] = {
                    name: _present(xs, table[name][rows], points, log_x=log_x) for name in metrics
                }
    empty = np.empty(0)
    return {run_id: found.get(run_id, dict.fromkeys(metrics, (empty, empty))) for run_id in run_ids}


def _batches(run_ids: Sequence[int]) -> Iterator[list[int]]:
    ids = list(run_ids)
    return (ids[i : i + _RUNS_AT_ONCE] for i in range(0, len(ids), _RUNS_AT_ONCE))


def _runs(run_ids: NDArray[Any]) -> Iterator[tuple[int, slice]]:
    """Yield each run and where its rows are; the rows are ordered by run."""
    bounds = [0, *(np.flatnonzero(np.diff(run_ids)) + 1).tolist(), len(run_ids)]
    for start, end in pairwise(bounds):
        if end > start:
            yield int(run_ids[start]), slice(start, end)


def _present(x: Floats, y: Any, points: int, *, log_x: bool) -> Curve:
    """Drop nulls, which numpy shows as masked, and reduce."""
    present = ~np.ma.getmaskarray(y)
    values = np.asarray(np.ma.getdata(y), dtype=np.float64)
    return reduce_curve(x[present], values[present], points, log_x=log_x)


def reduce_curve(x: Floats, y: Floats, points: int, *, log_x: bool = False) -> Curve:
    """Keep at most ``points`` points of a curve such that a drawing of it looks the same.

    The x axis is cut into buckets of equal width, and of each the first, last, lowest and highest
    point are kept (M4: Jugel et al., VLDB 2014), and its first that is not finite. Curves that
    are short enough come back as they are.

    Args:
        x: ascending, shape [n].
        y: shape [n]; may hold NaN and infinities.
        points: at least 10.
        log_x: cut the logarithm of x instead; what is not positive is a bucket of its own.
    """
    if len(x) <= points:
        return x, y
    buckets = points // 5 - 1  # of five points each, and one for what has no logarithm
    at = np.log(np.maximum(x, np.min(x, initial=1.0, where=x > 0))) if log_x else x
    span = at[-1] - at[0]
    bucket = np.minimum(((at - at[0]) / (span or 1.0) * buckets).astype(np.int64), buckets - 1)
    if log_x:
        bucket[x <= 0] = -1
    starts = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    kept = np.zeros(len(x), dtype=bool)
    kept[starts] = True
    kept[np.append(starts[1:], len(x)) - 1] = True
    finite = np.isfinite(y)
    group = np.cumsum(np.diff(bucket, prepend=bucket[0]) != 0)
    for key in (np.where(finite, y, np.inf), np.where(finite, -y, np.inf), finite.astype(float)):
        order = np.lexsort((key, group))  # the smallest key of each group comes first
        kept[order[starts]] = True
    return x[kept], y[kept]
