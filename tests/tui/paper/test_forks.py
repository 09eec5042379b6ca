"""A fork goes on from its parent's checkpoint, in the real program."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.checkpoints import read_checkpoint
from tests.tui.commands.support import Program

PARENT = ("run", "--modulus", "11", "--width", "8", "--train-size", "60", "--evaluations", "20")


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Run 1 was trained for 200 steps, run 2 (the same one) for 400."""
    program = Program(tmp_path_factory.mktemp("forks") / "store")
    for steps in ("200", "400"):
        assert program(*PARENT, "--steps", steps).code == 0
    return program


def last(program: Program, run_id: int) -> Path:
    query = f"SELECT path FROM checkpoints WHERE run_id = {run_id} ORDER BY step DESC"
    rows = program("sql", query, "--format", "json").json
    return program.store / str(rows[0]["path"])


def forked(program: Program, *arguments: str) -> int:
    done = program("fork", *arguments, "--json")
    assert done.code == 0, done.err
    (run,) = done.json["runs"]
    return int(run["run_id"])


def test_a_fork_with_nothing_changed_but_its_budget_continues_bit_for_bit(parent: Program) -> None:
    run_id = forked(parent, "1", "--set", "steps=400")
    ours, _ = read_checkpoint(last(parent, run_id))
    whole, _ = read_checkpoint(last(parent, 2))
    assert ours.keys() == whole.keys()
    assert all((ours[name] == whole[name]).all() for name in whole)
    query = "SELECT train_loss, validation_loss, parameter_norm FROM metrics WHERE step = 400 AND "
    rows = [parent("sql", f"{query} run_id = {i}", "--format", "json").json for i in (run_id, 2)]
    assert rows[0] == rows[1]


def test_a_fork_has_a_parent_and_other_settings(parent: Program) -> None:
    run_id = forked(parent, "1", "--at", "200", "--set", "train_size=40", "--set", "steps=300",
                    "--set", "weight_decay=0.5", "--set", "learning_rate=2e-3")  # fmt: skip
    run = parent("show", str(run_id), "--json").json
    assert (run["run"]["parent_run_id"], run["run"]["parent_step"]) == (1, 200)
    assert (run["run"]["train_size"], run["run"]["step"]) == (40, 300)
    assert run["checkpoints"][0]["reason"] == "fork"
    first = parent("sql", f"SELECT min(step) AS step FROM metrics WHERE run_id = {run_id}",
                   "--format", "json").json  # fmt: skip
    assert first[0]["step"] > 200


def test_several_values_make_several_forks(parent: Program) -> None:
    done = parent("fork", "1", "--set", "train_size=30,50", "--set", "steps=250", "--json")
    assert [run["train_size"] for run in done.json["runs"]] == [30, 50]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("1",), "The fork starts at step 200, and its budget is 200 steps"),
        (("1", "--at", "7"), "Run 1 has no checkpoint at step 7; it has"),
        (("1", "--set", "width=16"), "A fork keeps the width of its parent (8)"),
        (("1", "--set", "seed=1", "--set", "steps=900"), "A fork keeps the seed of its parent"),
        (("99",), "There is no run 99"),
        (("s1",), "is not one run"),
    ],
)
def test_what_a_fork_cannot_be_is_a_sentence(
    parent: Program, arguments: tuple[str, ...], sentence: str
) -> None:
    done = parent("fork", *arguments)
    assert done.code == 1
    assert sentence in done.err
    assert "Traceback" not in done.err
