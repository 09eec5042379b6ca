"""The two curves that cut the plane of model size and training size. Pure functions over runs.

Definitions (the study gives none in numbers, so these are ours): the critical size of a model is
the training-set size at which its mean final validation accuracy passes one half; its capacity is
the number of pairs that it has right after training on random labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from tui.plots.cells import Key
from tui.plots.grid import Frontier

Run = Mapping[str, Any]


def frontiers(
    runs: Sequence[Run], everything: Iterable[Run], row: str, column: str
) -> list[Frontier]:
    """The curves over a grid of ``runs``; none where the columns are not training sizes.

    Capacity comes from any finished run of the task ``random`` with the same modulus.
    """
    if column != "train_size" or not runs:
        return []
    modulus = runs[0]["modulus"]
    random = [
        r for r in everything
        if r["task"] == "random" and r["modulus"] == modulus and r["state"] == "finished"
    ]  # fmt: skip
    found = [
        Frontier("critical size", "┃", "|", critical_sizes(runs, row)),
        Frontier("capacity", "┇", ":", capacities(random, row)),
    ]
    return [frontier for frontier in found if frontier.columns]


def critical_sizes(runs: Iterable[Run], row: str) -> dict[Key, float]:
    """For each row value the training size at which mean validation accuracy rises past 1/2.

    Between two sizes it is interpolated; rows that never pass, or always, have none.
    """
    finals: dict[Key, dict[int, list[float]]] = {}
    for run in runs:
        value = run["validation_accuracy"]
        if run["state"] == "finished" and value is not None and value == value:
            finals.setdefault(run[row], {}).setdefault(run["train_size"], []).append(value)
    result: dict[Key, float] = {}
    for key, by_size in finals.items():
        points = [(size, sum(v) / len(v)) for size, v in sorted(by_size.items())]
        # the last time it rises: a dip below is on the wrong side of it
        for (d0, a0), (d1, a1) in pairwise(points):
            if a0 < 0.5 <= a1:
                result[key] = d0 + (d1 - d0) * (0.5 - a0) / (a1 - a0)
    return result


def capacities(runs: Iterable[Run], row: str) -> dict[Key, float]:
    """For each row value the mean number of randomly labelled pairs that were memorized."""
    pairs: dict[Key, list[float]] = {}
    for run in runs:
        value = run["train_accuracy"]
        if value is not None and value == value:
            pairs.setdefault(run[row], []).append(value * run["train_size"])
    return {key: sum(values) / len(values) for key, values in pairs.items()}
