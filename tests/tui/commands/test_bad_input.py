"""Bad input: one clear sentence, an exit code that is not 0, no traceback, nothing changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.tui.commands.support import Done, Program

Finished = tuple[Program, Done]


def refused(done: Done, sentence: str, code: int = 1) -> None:
    assert done.code == code
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sweep", "demo", "--set", "widht=8"], "There is no field 'widht'; did you mean 'width'?"),
        (["sweep", "demo", "--set", "width"], "write --set field=value."),
        (["sweep", "demmo"], "did you mean 'demo'?"),
        (["sweep", "there.toml"], "there.toml cannot be read: No such file or directory."),
        (["run", "--width", "30"], "width = 30 is not divided by heads = 4"),
        (["run", "--train-size", "99999"], "beyond the data: add has 12769 pairs"),
        (["run", "--task", "divide", "--modulus", "30"], "modulus = 30 is not prime"),
        (["run", "--device", "cuda:7"], "There is no device 'cuda:7' here; there are"),
        (["run", "--learning-rate", "fast"], "learning_rate = 'fast' is not a number."),
        (["presets", "figg2"], "did you mean 'fig2'?"),
    ],
)
def test_a_wrong_launch_stores_nothing(
    program: Program, arguments: list[str], sentence: str
) -> None:
    program("ls")
    refused(program(*arguments), sentence)
    assert program("sql", "SELECT count(*) AS n FROM sweep", "--format", "json").json == [{"n": 0}]
    assert not list(program.store.glob("workers/*.json"))


def test_broken_toml_is_answered_with_line_and_column(program: Program, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text('name = "x"\n[base\n')
    refused(program("sweep", "broken.toml"), "broken.toml is not valid TOML: ")
    assert "line 2, column 6" in program("sweep", "broken.toml").err
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    refused(program("sweep", "latin.toml"), "latin.toml is not UTF-8 text")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sql", "SELECT widht FROM runs"], 'column "widht" not found'),
        (["sql", "SELEC 1"], 'syntax error at or near "SELEC"'),
        (["sql", "DROP TABLE sweep"], "read-only"),
        (["sql", "SELECT * FROM read_csv('/etc/passwd')"], 'Cannot access file "/etc/passwd"'),
        (["sql", "SELECT 1", "--format", "parquet"], "say where it goes with -o FILE"),
        (["sql", "SELECT 1", "-o", "out.xyz"], "files are csv, json or parquet"),
        (["sql", "SELECT 1", "-o", "out", "--format", "table"], "files are csv, json or parquet"),
        (["ls", "runs", "--where", "foo = 1"], 'column "foo" not found'),
        (["show", "9999"], "There is no run 9999"),
        (["show", "9" * 50], f"There is no sweep '{'9' * 50}'"),
        (["show", "all"], "everything is not one run"),
        (["show", "s77"], "There is no sweep 's77'"),
        (["plot", "grid", "s1", "--value", "zoen"], "did you mean 'zone'?"),
        (["plot", "curves", "s1", "--metric", "loss"], "loss"),
        (["export", "1", "out"], "run 1 is not a sweep"),
    ],
)
def test_a_wrong_question_gets_a_sentence(
    finished: Finished, arguments: list[str], sentence: str
) -> None:
    program, _ = finished
    refused(program(*arguments), sentence)


def test_sql_errors_show_their_position(finished: Finished) -> None:
    program, _ = finished
    assert "LINE 1: SELECT widht FROM runs" in program("sql", "SELECT widht FROM runs").err
    assert "^" in program("sql", "SELECT widht FROM runs").err


def test_a_wrong_option_is_usage(program: Program) -> None:
    refused(program("run", "--widht", "8"), "--width", code=2)


def test_a_database_of_a_newer_version(program: Program) -> None:
    program("ls")
    with duckdb.connect(str(program.store / "grok.duckdb")) as connection:
        connection.execute("UPDATE store_info SET schema_version = 999")
    refused(program("ls"), "newer")


def test_a_file_that_is_no_database(program: Program) -> None:
    program.store.mkdir()
    (program.store / "grok.duckdb").write_text("not a database, but long enough to be read " * 9)
    refused(program("ls"), "is not a DuckDB database")


def test_a_folder_without_write_permission(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    if os.geteuid() == 0:  # to whom permissions mean nothing, but sysfs says no
        folder = Path("/sys")
    refused(
        Program(folder / "store")("--store", str(folder / "store"), "ls"),
        "No permission to write at",
    )


def test_a_database_that_someone_holds_is_named(finished: Finished) -> None:
    program, _ = finished
    holder = subprocess.Popen(
        [
            sys.executable, "-c",
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True);"
            "input()",
            str(program.store / "grok.duckdb"),
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        done = program("ls")
        refused(done, f"PID {holder.pid}")
        assert f"PID {holder.pid}" in program("info", "--json").json["database held by"]
    finally:
        holder.communicate("\n")
    assert program("ls").code == 0


def test_an_internal_error_keeps_its_traceback_in_a_named_file(
    program: Program, tmp_path: Path
) -> None:
    broken = (
        "import tui.commands.info as i; i.LIBRARIES = ('no-such-library',);"
        "import sys, tui.__main__ as m; sys.argv = ['grok-tui', 'info']; m.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", broken],
        capture_output=True, text=True, env=program.environment, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 70
    assert "Traceback" not in done.stderr
    file = Path(done.stderr.rstrip().removesuffix(".").rpartition(" in ")[2])
    assert "PackageNotFoundError" in file.read_text()
