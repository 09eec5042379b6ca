"""When a run is evaluated: densely early, so that a log axis looks right, and regularly later."""

from __future__ import annotations

import numpy as np


def evaluation_steps(steps: int, evaluations: int) -> list[int]:
    """Steps at which a run is evaluated: 0, the last, and about ``evaluations`` in all.

    Half of them are spaced evenly on a log axis from step 1 on, half evenly over the budget.
    """
    if steps < evaluations:
        return list(range(steps + 1))
    half = evaluations // 2
    regular = np.linspace(0, steps, max(2, evaluations - half))
    early = np.geomspace(1, steps, max(2, half))
    points = set(np.rint(regular).astype(int).tolist()) | set(np.rint(early).astype(int).tolist())
    return sorted(points | {0, steps})
