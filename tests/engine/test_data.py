"""What a run trains on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.specification.config import RunConfig
from engine.training.batches import batch_positions
from engine.training.data import MEMORIZATION, TASK, build
from engine.training.initialisation import initial_weights

BASE = RunConfig(modulus=13, train_size=100, width=8, seed=5)


def test_every_pair_appears_once_with_its_answer() -> None:
    data = build(BASE)
    assert data.training_rows == data.task_rows == 100
    assert sorted(map(tuple, data.tokens[:, :2].tolist())) == [
        (a, b) for a in range(13) for b in range(13)
    ]
    assert (data.tokens[:, 2] == 13).all()
    assert (data.labels == data.tokens[:, :2].sum(1) % 13).all()


def test_a_smaller_training_set_is_a_prefix_of_a_larger_one() -> None:
    small, large = build(replace(BASE, train_size=40)), build(replace(BASE, width=16))
    assert (small.tokens[:40] == large.tokens[:40]).all()
    assert (build(replace(BASE, seed=6)).tokens[:40] != small.tokens[:40]).any()


def test_the_split_does_not_depend_on_the_task() -> None:
    other = build(replace(BASE, task="multiply"))
    assert (other.tokens == build(BASE).tokens).all()


def test_random_labels_are_symmetric_and_come_from_the_seed() -> None:
    data = build(replace(BASE, task="random", train_size=169))
    label = {
        tuple(pair): y for pair, y in zip(data.tokens[:, :2].tolist(), data.labels, strict=True)
    }
    assert all(label[a, b] == label[b, a] for a, b in label)
    assert len(set(label.values())) == 13
    assert (build(replace(BASE, task="random", train_size=169)).labels == data.labels).all()
    assert (build(replace(BASE, task="random", seed=6)).labels != data.labels).any()


def test_a_mixture_is_told_apart_by_its_operator() -> None:
    data = build(replace(BASE, memorization_size=30))
    assert data.tokens.shape == (169 + 30, 4)
    assert (data.task_rows, data.memorization_rows) == (100, 30)
    assert (data.part == np.repeat([TASK, MEMORIZATION, TASK], [100, 30, 69])).all()
    assert (data.tokens[:, 3] == 13).all()
    assert (data.tokens[:, 1] == 14 + data.part).all()
    task = data.part == TASK
    assert (data.labels[task] == data.tokens[task][:, [0, 2]].sum(1) % 13).all()
    memorized = data.tokens[~task][:, [0, 2]]
    assert len(np.unique(memorized, axis=0)) == 30
    smaller = build(replace(BASE, memorization_size=10))
    assert (smaller.tokens[100:110] == data.tokens[100:110]).all()
    assert (smaller.labels[100:110] == data.labels[100:110]).all()


def test_without_other_pairs_there_is_no_validation() -> None:
    data = build(replace(BASE, train_size=169))
    assert len(data.labels) == data.training_rows == 169


def test_mini_batches_visit_every_row_once_an_epoch() -> None:
    config = replace(BASE, batch_size=30)
    taken = np.concatenate([batch_positions(config, 100, step) for step in range(10)])
    for epoch in range(3):
        assert sorted(taken[100 * epoch : 100 * (epoch + 1)].tolist()) == list(range(100))
    assert (taken[:100] != taken[100:200]).any()


@pytest.mark.parametrize("name", ["embed.W_E", "blocks.0.mlp.W_in", "blocks.0.mlp.W_out"])
def test_initial_weights_have_the_scale_of_their_fan_in(name: str) -> None:
    weights = initial_weights(replace(BASE, modulus=113, width=64))
    fan = 256 if name.endswith("W_out") else 64
    assert weights[name].std() * np.sqrt(fan) == pytest.approx(1, abs=0.03)
    assert not weights["blocks.0.mlp.b_in"].any()


def test_initial_weights_depend_on_seed_and_shape_alone() -> None:
    one = initial_weights(BASE)
    same = initial_weights(replace(BASE, train_size=20, learning_rate=0.1, task="multiply"))
    other = initial_weights(replace(BASE, seed=6))
    assert all((one[name] == same[name]).all() for name in one)
    assert (one["embed.W_E"] != other["embed.W_E"]).any()
