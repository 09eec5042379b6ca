"""``boundary`` through the real program, beside the grid that it saves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.commands.support import Program

BASE = """
name = "base"

[base]
modulus = 11
learning_rate = 1e-2
weight_decay = 0.0
steps = 150
evaluations = 10

[axes]
train_size = [10, 110]
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "base.toml").write_text(BASE)
    return Program(tmp_path / "store")


def test_each_line_gets_its_boundary_and_one_sweep_holds_all_runs(program: Program) -> None:
    done = program(
        "boundary", "--axis", "train_size", "--from", "base.toml", "--values", "10..115:15",
        "--where", "width=4,16", "--seeds", "2", "--zone", "progression", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    found = done.json
    assert found["grid"] == 2 * 2 * 8
    assert found["runs"] < found["grid"]
    assert [row["width"] for row in found["boundaries"]] == [4, 16]
    for row in found["boundaries"]:
        assert row["place"] in ("within", "above", "below")
        if row["place"] == "within":
            assert row["low"] <= row["train_size"] - 7
            assert row["train_size"] + 7 <= row["high"]
    (sweep,) = program("ls", "--json").json
    assert sweep["runs"] == sweep["finished"] == found["runs"]
    again = program("sql", "SELECT specification FROM sweeps", "--format", "json").json
    assert again[0]["specification"].count("[[points]]") == found["runs"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--axis", "size", "--from", "base.toml"), "has no range of size"),
        (("--axis", "width", "--from", "base.toml"), "has no range of width"),
        (("--axis", "width", "--from", "base.toml", "--values", "8"), "between two or more"),
        (("--axis", "width", "--from", "other.toml", "--values", "8,16"), "other.toml"),
        (("--axis", "width", "--values", "8,16", "--where", "depth"), "sets nothing"),
    ],
)
def test_what_is_no_search_is_a_sentence(
    program: Program, arguments: tuple[str, ...], sentence: str
) -> None:
    done = program("boundary", *arguments)
    assert done.code == 1
    assert sentence in done.err


def test_a_dry_run_says_what_it_would_cost(program: Program) -> None:
    done = program("boundary", "--axis", "train_size", "--where", "width=24,32", "--dry-run")
    assert done.code == 0
    assert "of a grid" in done.out
    assert program("ls", "--json").json == []
