"""A store with one finished sweep, made once by the program itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.commands.support import TINY, Done, Program


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Done]:
    """The program on a store where the sweep ``tiny`` (s1, runs 1 … 8) was trained, and how."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "tiny.toml").write_text(TINY)
    program = Program(folder / "store")
    done = program("sweep", "tiny.toml", cwd=folder)
    assert done.code == 0, done.err
    return program, done


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program on a store that does not exist yet."""
    return Program(tmp_path / "store")
