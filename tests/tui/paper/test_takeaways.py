"""Verdicts from sweeps made by hand: supported, not supported, not enough data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from store.database import Store
from tests.store.test_study import end, trained
from tui.paper.takeaways import TAKEAWAYS, Verdict, decide

Ends = Mapping[tuple[int, int], list[tuple[float, float]]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def verdict(store: Store, number: int, **sweeps: int) -> Verdict:
    found = decide(store, TAKEAWAYS[number - 1], sweeps)
    if found.supported is not None:
        # the SQL that is shown gives the verdict again
        with store.read() as connection:
            row = connection.execute(found.query).fetchone()
        assert row is not None
        assert bool(row[0]) == found.supported
        assert "missing" not in found.sentence
    return found


def over_sizes(*critical: int) -> dict[tuple[int, int], list[tuple[float, float]]]:
    """Two seeds a cell; at width 8, 16, … models generalize from these sizes on."""
    return {
        (8 * 2**i, size): [(1.0, float(size >= first))] * 2
        for i, first in enumerate(critical)
        for size in range(100, 600, 100)
    }


def test_what_was_not_trained_is_named(store: Store) -> None:
    for takeaway in TAKEAWAYS:
        found = decide(store, takeaway, {})
        assert found.word == "not enough data"
        assert found.sentence == f"needs {', '.join(takeaway.figures)}, trained to the end"


@pytest.mark.parametrize(
    ("critical", "word"),
    [((500, 300, 200), "supported"), ((200, 300, 500), "not supported"),
     ((300, 200), "not enough data")],
)  # fmt: skip
def test_1_critical_size(store: Store, critical: tuple[int, ...], word: str) -> None:
    assert verdict(store, 1, fig3=trained(store, over_sizes(*critical))).word == word


@pytest.mark.parametrize(
    ("shares", "word"),
    [(((0.2, 0.21), (0.6, 0.61), (1.0, 1.0), (1.0, 1.0)), "supported"),
     (((0.6, 0.61), (0.2, 0.21), (1.0, 1.0)), "not supported"),
     (((0.1, 0.3), (0.5, 0.6), (1.0, 1.0)), "not supported")],
)  # fmt: skip
def test_2_capacity(store: Store, shares: tuple[tuple[float, ...], ...], word: str) -> None:
    ends = {(4 * (i + 1), 1000): [(s, 0.0) for s in seeds] for i, seeds in enumerate(shares)}
    assert verdict(store, 2, fig4=trained(store, ends, task="random")).word == word


def test_4_the_sign_of_the_norm(store: Store) -> None:
    from store.queue import add_sweep
    from tests.store.support import config

    def of(change: float) -> list[list[tuple[int, float, float, float]]]:
        rising = [(100, 0.4, 0.05, 10.0), (200, 0.6, 0.3, 12.0), (1000, 0.9, 0.9, 15.0)]
        falling = [(100, 1.0, 0.05, 30.0), (500, 1.0, 0.3, 40.0), (1000, 1.0, 1.0, 40.0 + change)]
        return [rising, [*rising[:2], (1000, 0.9, 0.9, 15.5)], falling,
                [*falling[:2], (1000, 1.0, 1.0, 40.2 + change)]]  # fmt: skip

    sweeps = []
    for change in (-7.0, 7.0):
        configs = [config(seed=seed, width=width) for width in (8, 64) for seed in (0, 1)]
        sweep_id, run_ids = add_sweep(store, "fig9", "", configs)
        end(store, run_ids, of(change))
        sweeps.append(sweep_id)
    assert [verdict(store, 4, fig9=s).word for s in sweeps] == ["supported", "not supported"]


def test_3_and_5_zones_and_double_descent_around_the_crossing(store: Store) -> None:
    ends: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for width, accuracies in {
        4: (0.5, 0.5, 0.5, 0.95), 8: (0.0, 0.6, 0.95, 1.0), 16: (0.0, 0.2, 1.0, 1.0),
        32: (0.0, 1.0, 1.0, 1.0),
    }.items():  # fmt: skip
        for size, validation in zip((100, 200, 300, 400), accuracies, strict=True):
            ends[width, size] = [(0.8 if width == 4 else 1.0, validation)] * 3
    grid = trained(store, ends)
    capacity = trained(
        store, {(4, 900): [(0.1, 0)], (8, 900): [(0.4, 0)], (16, 900): [(1, 0)]}, task="random"
    )
    found = verdict(store, 5, fig6=grid, fig4=capacity)
    assert found.numbers["sizes_with_dip"] == [200]
    assert found.word == "supported"
    zones = verdict(store, 3, fig6=grid, fig4=capacity)
    assert zones.numbers["runs"] == sum(
        zones.numbers[z] for z in
        ("progression", "ungrokking", "semi_grokking", "grokking", "comprehension")
    )  # fmt: skip
    nowhere = trained(store, {key: [(1.0, 1.0)] * 3 for key in ends})
    assert verdict(store, 5, fig6=nowhere, fig4=capacity).word != "supported"


def test_6_the_harder_task(store: Store) -> None:
    def dip(depth: float) -> Ends:
        shape = {4: 0.8, 8: 0.8 - depth, 16: 1.0}
        return {(w, 300): [(1.0, v)] * 2 for w, v in shape.items()}

    plain, harder = trained(store, dip(0.2)), trained(store, dip(0.6), task="square_of_sum")
    assert verdict(store, 6, fig6=plain, fig7=harder).word == "supported"
    shallow = trained(store, dip(0.1), task="square_of_sum")
    assert verdict(store, 6, fig6=plain, fig7=shallow).word == "not supported"
    other = trained(store, dip(0.6), task="square_of_sum", learning_rate=0.5)
    assert verdict(store, 6, fig6=plain, fig7=other).word == "not enough data"


def mixture(
    store: Store,
    lines: Mapping[str, list[float]],
    key: str,
    values: list[Any],
    second_seed: float = 1.0,
) -> int:
    """Sizes 100, 1 000, 10 000 parameters; the second seed has this share of the accuracies."""
    from store.queue import add_sweep
    from tests.store.support import config

    configs, finals = [], []
    for value, accuracies in zip(values, lines.values(), strict=True):
        for parameters, accuracy in zip((100, 1000, 10_000), accuracies, strict=True):
            for seed in (0, 1):
                other = {"memorization_size": 50, key: value}
                configs.append(config(seed=seed, parameters=parameters, width=parameters, **other))
                finals.append((1.0, accuracy * second_seed**seed))
    sweep_id, run_ids = add_sweep(store, "mixture", "", configs)
    end(store, run_ids, [[(1000, *final, 10.0)] for final in finals])
    return sweep_id


@pytest.mark.parametrize(
    ("mixed", "word"),
    [
        ([0.0, 0.1, 0.9], "supported"),
        ([0.3, 0.9, 1.0], "not supported"),  # it emerges, but at less than ten times the size
        ([0.0, 0.1, 0.2], "not supported"),  # it never emerges
    ],
)
def test_7_emergence(store: Store, mixed: list[float], word: str) -> None:
    lines = {"alone": [1.0, 1.0, 1.0], "mixed": mixed}
    sweep_id = mixture(store, lines, "memorization_size", [0, 50])
    assert verdict(store, 7, fig8=sweep_id).word == word


@pytest.mark.parametrize(
    ("split", "word"), [([0.9, 1.0, 1.0], "supported"), ([0.0, 0.1, 0.9], "not supported")]
)
def test_8_split(store: Store, split: list[float], word: str) -> None:
    lines = {"dense": [0.0, 0.1, 0.9], "split": split}
    sweep_id = mixture(store, lines, "feed_forward", ["dense", "split"])
    assert verdict(store, 8, fig10=sweep_id).word == word


def test_7_and_8_also_say_what_the_best_seed_does(store: Store) -> None:
    lines = {"first": [0.9, 1.0, 1.0], "second": [0.0, 0.1, 0.9]}
    fig8 = mixture(store, lines, "memorization_size", [0, 50], second_seed=0.5)
    fig10 = mixture(store, lines, "feed_forward", ["split", "dense"], second_seed=0.5)
    best = 10 ** (3 + 0.4 / 0.8)  # 0.5 is halfway from 0.1 to 0.9; the mean, 0.675, comes later
    emergence = verdict(store, 7, fig8=fig8)
    assert emergence.numbers["best_most_factor"] == pytest.approx(best / 100)
    assert emergence.numbers["most_factor"] > 1.1 * best / 100
    split = verdict(store, 8, fig10=fig10)
    assert split.numbers["best_factor"] == pytest.approx(best / 100)
    assert split.numbers["best_factor"] < split.numbers["factor"]
    assert "by the best seed" in emergence.sentence
    assert "by the best seed" in split.sentence
