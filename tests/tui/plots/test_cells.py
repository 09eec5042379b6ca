"""Cells keep their runs when what they show of them changes."""

from __future__ import annotations

import math

import pytest

from tui.plots.cells import MEASURES, aggregate, remeasured

RUNS = [
    {
        "run_id": 10 * width + seed, "width": width, "train_size": 400, "state": "finished",
        "zone": "grokking" if seed else "undecided", "progress": 1.0,
        "validation_accuracy": [0.5, None, math.nan][seed], "best_validation_accuracy": 0.9,
        "train_accuracy": 1, "memorized_at": 500, "generalized_at": None, "delay": math.inf,
        "norm_change": -0.25 * seed,
    }
    for width in (4, 8)
    for seed in range(3)
]  # fmt: skip


@pytest.mark.parametrize("before", ["zone", "norm_change"])
@pytest.mark.parametrize("measure", MEASURES)
def test_another_measure_makes_the_cells_that_aggregating_again_makes(
    before: str, measure: str
) -> None:
    cells = aggregate(RUNS, "width", "train_size", before)
    by_id = {run["run_id"]: run for run in RUNS}
    again = remeasured(cells, measure, lambda key, ids: [by_id[i][key] for i in ids])
    assert again == aggregate(RUNS, "width", "train_size", measure)
