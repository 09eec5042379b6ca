"""Sizes and costs against counts made another way."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.specification.config import RunConfig
from engine.specification.estimate import estimate, memory_per_run
from engine.specification.presets import load
from engine.specification.sizes import operations_per_step, parameters, shape


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(width=32),
        RunConfig(width=8, depth=3, modulus=29, train_size=400),
        RunConfig(width=64, memorization_size=500, feed_forward="split"),
        RunConfig(task="s5", width=16),
    ],
)
def test_parameters_are_those_of_the_textbook_module(config: RunConfig) -> None:
    from engine.textbook import TextbookTransformer

    module = TextbookTransformer(config)
    assert parameters(config) == sum(p.numel() for p in module.parameters())


def test_operations_grow_as_the_matrix_products_do() -> None:
    one = operations_per_step(RunConfig(width=64, train_size=3000))
    assert operations_per_step(RunConfig(width=64, train_size=6000)) == 2 * one
    wide = operations_per_step(RunConfig(width=128, train_size=3000))
    assert 3.5 < wide / one < 4


def test_only_runs_of_one_shape_share_an_ensemble() -> None:
    base = RunConfig(width=32, train_size=3000, seed=0, learning_rate=1e-3, steps=10)
    alike = RunConfig(width=32, train_size=4000, seed=5, learning_rate=3e-3, steps=99)
    assert shape(base) == shape(alike)
    for other in (
        RunConfig(width=36),
        RunConfig(width=32, heads=2),
        RunConfig(width=32, loss_precision="float64"),
        RunConfig(width=32, batch_size=100),
        RunConfig(width=32, memorization_size=10),
    ):
        assert shape(base) != shape(other)


def test_an_estimate_adds_up() -> None:
    configs = load("demo").runs()
    cost = estimate(configs, "cpu")
    assert cost.runs == len(configs)
    assert cost.parameters == sum(map(parameters, configs))
    assert cost.memory_bytes >= max(map(memory_per_run, configs))
    assert estimate(configs * 2, "cpu").seconds > cost.seconds


def test_specification_and_commands_import_no_torch() -> None:
    code = (
        "import sys, engine.launch, engine.specification.presets as p, tui.__main__;"
        "p.load('demo').runs(); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
