"""Commands that look at a store: data on standard output, narration on standard error."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest

from engine.launch import run_row
from engine.specification.config import RunConfig
from store.database import Store
from store.queue import add_sweep
from tests.tui.commands.support import ROOT, Done, Program
from tui.commands import cli

COMMANDS = [
    "demo", "presets", "sweep", "run", "boundary", "fork", "paper", "ls", "show", "plot curves",
    "plot grid", "sql", "stop", "pause", "resume", "rm", "tag", "note", "export", "worker", "info",
]  # fmt: skip

Finished = tuple[Program, Done]


def test_this_list_of_commands_is_complete() -> None:
    names = {c.name or c.callback.__name__ for c in cli.registered_commands if c.callback}
    assert names == {c for c in COMMANDS if not c.startswith("plot")}
    groups = [group.typer_instance for group in cli.registered_groups]
    assert [group.info.name for group in groups if group is not None] == ["plot"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, program: Program) -> None:
    done = program(*command.split(), "--help")
    assert done.code == 0
    assert "Example: grok-tui" in done.out
    assert not program.store.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_names_every_command(command: str) -> None:
    assert f"`{command.split()[0]}" in (ROOT / "README.md").read_text()


def test_a_foreground_sweep_narrates_and_ends_with_its_grid(finished: Finished) -> None:
    _, done = finished
    assert "Sweep s1: 8 finished" in done.err
    assert "8/8 runs, 100%" in done.err
    assert "width" in done.out
    assert "train_size" in done.out
    assert "validation accuracy" in done.out


def test_ls_lists_and_filters(finished: Finished) -> None:
    program, _ = finished
    assert program("ls", "--json").json[0]["finished"] == 8
    rows = program("ls", "runs", "--where", "width = 8 AND seed = 1", "--json").json
    assert {(row["width"], row["seed"], row["state"]) for row in rows} == {(8, 1, "finished")}
    assert len(rows) == 2
    assert len(program("ls", "runs", "--limit", "3", "--json").json) == 3
    assert "The first 3 are shown" in program("ls", "runs", "--limit", "3").err
    ascending = program("ls", "runs", "--sort", "run_id", "--json").json
    assert [row["run_id"] for row in ascending] == list(range(1, 9))
    assert program("ls", "checkpoints", "--json").json
    assert program("ls", "workers", "--json").json[0]["state"] == "left"


def test_show_tells_all_about_a_run_and_a_sweep(finished: Finished) -> None:
    program, _ = finished
    run = program("show", "3", "--json").json
    assert run["run"]["run_id"] == 3
    assert run["run"]["zone"]
    assert [event["state"] for event in run["events"]] == ["queued", "running", "finished"]
    assert run["checkpoints"][-1]["step"] == 300
    assert len(program("show", "tiny", "--json").json["runs"]) == 8
    assert "steps = 300" in program("show", "s1").out


def test_sql_in_every_format_agrees(finished: Finished, tmp_path: Path) -> None:
    program, _ = finished
    query = "SELECT run_id, step, train_loss FROM metrics ORDER BY run_id, step"
    as_json = [
        (r["run_id"], r["step"], r["train_loss"])
        for r in program("sql", query, "--format", "json").json
    ]
    as_csv = list(csv.reader(io.StringIO(program("sql", query, "--format", "csv").out)))[1:]
    assert [(int(a), int(b), float(c)) for a, b, c in as_csv] == as_json
    for ending in ("parquet", "csv", "json"):
        file = tmp_path / f"out.{ending}"
        assert program("sql", "-", "-o", str(file), stdin=query).code == 0
        with duckdb.connect() as connection:
            rows = connection.execute(f"SELECT * FROM '{file}' ORDER BY 1, 2").fetchall()
        assert rows == as_json
    assert program("sql", "SELECT 3 AS three").out.split() == ["three", "3"]


def test_a_grid_is_drawn_for_each_slice_of_runs_that_differ_in_more_than_the_seed(
    program: Program,
) -> None:
    store = Store.open(program.store)
    configs = [
        RunConfig(modulus=11, width=8, train_size=60, seed=seed, feed_forward=kind)
        for kind in ("split", "dense")
        for seed in (0, 1)
    ]
    add_sweep(store, "two", "", [{**run_row(c), "device": "auto"} for c in configs])
    grid = program("plot", "grid", "two").out
    assert grid.index("feed_forward dense") < grid.index("feed_forward split")
    rows = csv.DictReader(io.StringIO(program("plot", "grid", "two", "--format", "csv").out))
    assert [(row["feed_forward"], row["runs"]) for row in rows] == [("dense", "2"), ("split", "2")]


def test_plots_follow_the_width_and_have_numbers_too(finished: Finished) -> None:
    program, _ = finished
    chart = program("plot", "curves", "1", "--width", "60", "--height", "10").out
    assert max(map(len, chart.splitlines())) <= 60
    assert "validation_accuracy" in chart
    assert "\x1b" not in chart
    assert program("plot", "curves", "1", "--ascii").out.isascii()
    grid = program("plot", "grid", "s1").out
    assert "width" in grid
    assert program("plot", "grid", "s1", "--format", "svg").out.startswith("<svg")
    rows = list(csv.DictReader(io.StringIO(program("plot", "grid", "s1", "--format", "csv").out)))
    assert {(row["width"], row["train_size"]) for row in rows} == {
        ("4", "40"), ("4", "60"), ("8", "40"), ("8", "60"),
    }  # fmt: skip
    curve = list(csv.DictReader(io.StringIO(program("plot", "curves", "2", "--format", "csv").out)))
    assert [int(row["step"]) for row in curve][-1] == 300


def test_export_writes_what_other_tools_read(finished: Finished, tmp_path: Path) -> None:
    program, _ = finished
    folder = tmp_path / "out"
    assert program("export", "s1", str(folder)).code == 0
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT count(DISTINCT run_id), max(step) FROM '{folder}/metrics.parquet'"
        ).fetchone()
    assert rows == (8, 300)
    assert list(folder.rglob("*.safetensors"))
    again = program("sweep", str(next(folder.glob("*.toml"))), "--dry-run", "--json").json
    assert again["runs"] == 8


def test_info_says_where_everything_is(finished: Finished) -> None:
    program, _ = finished
    facts = program("info", "--json").json
    assert facts["database held by"] == "nobody"
    assert facts["devices"][-1] == "cpu"
    for key in ("store", "database", "logs", "spool", "checkpoints"):
        assert Path(facts[key]).exists()


def test_info_names_a_checkpoint_whose_file_is_gone(finished: Finished) -> None:
    program, _ = finished
    file = next(program.store.glob("checkpoints/**/*.safetensors"))
    away = file.rename(program.store / "away")
    try:
        facts = program("info", "--json").json
    finally:
        away.rename(file)
    assert facts["checkpoints without their file"] == [str(file)]


def test_presets_print_toml_that_can_be_edited_and_run(program: Program, tmp_path: Path) -> None:
    text = program("presets", "demo").out
    (tmp_path / "mine.toml").write_text(text.replace('name = "demo"', 'name = "mine"'))
    cost = program("sweep", "mine.toml", "--dry-run", "--json").json
    assert cost["sweep"] == "mine"
    assert cost["runs"] == next(
        row["runs"] for row in program("presets", "--json").json if row["preset"] == "demo"
    )


def test_a_reader_that_has_seen_enough_is_no_error(finished: Finished) -> None:
    import subprocess
    import sys

    program, _ = finished
    query = "SELECT * FROM metrics, range(2000)"
    done = subprocess.run(
        f"{sys.executable} -m tui sql '{query}' --format csv | head -1",
        shell=True, capture_output=True, text=True, env=program.environment,
    )  # fmt: skip
    assert done.stdout.startswith("run_id")
    assert done.stderr == ""
