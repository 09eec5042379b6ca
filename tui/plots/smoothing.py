"""Smoothing that does not depend on how densely a curve was sampled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEVELS = (0.0, 0.6, 0.9, 0.99)
"""The strengths that the app offers."""

_UNITS = 200.0
"""Units that the whole x range is divided into: 0.99 forgets over half of it, 0.9 over a 20th."""


def smooth(x: NDArray[np.float64], y: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    """An exponential moving average over distance in x, not over points.

    It is the continuous filter for a curve that holds each value back to the point before, so
    sampling a stretch more densely does not change it; and it is debiased, so it starts at the
    first value and not at zero. ``x`` ascends, in the coordinates of the axis (take the logarithm
    first for a logarithmic axis). Where ``y`` is not finite it is kept, and the average goes on.

    Returns an array of the shape of ``y``. ``strength`` is at least 0 (no smoothing) and below 1.
    """
    if not 0.0 <= strength < 1.0:
        raise ValueError(f"smoothing is from 0 to below 1, not {strength}")
    if strength == 0.0 or len(y) < 2:
        return y.copy()
    span = float(x[-1] - x[0])
    if span <= 0.0:
        return y.copy()
    gaps = np.diff(x, prepend=x[0] - span / _UNITS)
    keep = (strength ** (gaps * (_UNITS / span))).tolist()
    result = y.astype(np.float64).copy()
    finite = np.isfinite(y).tolist()
    average = weight = 0.0
    # a plain loop: each value needs the one before, and curves have a few thousand points at most
    for i, value in enumerate(y.tolist()):
        factor = keep[i]
        if not finite[i]:
            average, weight = average * factor, weight * factor
            continue
        average = average * factor + value * (1.0 - factor)
        weight = weight * factor + (1.0 - factor)
        result[i] = average / weight if weight > 1e-12 else value
    return result
