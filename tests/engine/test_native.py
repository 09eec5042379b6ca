"""The C++ step is compiled where it can be, and its absence stops nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
import torch

from engine.specification.config import RunConfig
from engine.training import native
from engine.training.ensemble import Ensemble

CONFIG = RunConfig(modulus=7, train_size=30, width=8)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder, and nothing remembered from other tests."""
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: tmp_path / "cache")
    native.library.cache_clear()
    yield tmp_path / "cache"
    native.library.cache_clear()


def trains() -> bool:
    ensemble = Ensemble([CONFIG], "cpu")
    ensemble.train(3)
    return ensemble.evaluate()[0].train_loss < 10


def fake_compiler(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in native.COMPILERS:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_it_is_compiled_once(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if native.library(torch.float32) is None:
        pytest.skip("no C++ compiler here")
    (made,) = fresh.iterdir()
    before = made.stat()
    native.library.cache_clear()
    assert native.library(torch.float32) is not None
    assert [path.stat() for path in fresh.iterdir()] == [before]
    assert trains()


def test_without_a_compiler_pytorch_trains(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert native.library(torch.float32) is None
    assert trains()


def test_a_compiler_that_fails_is_as_none(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_compiler(tmp_path, "test $1 = --version", monkeypatch)
    assert native.library(torch.float32) is None
    assert trains()
    assert not list(fresh.iterdir())


def test_a_library_that_cannot_be_loaded_is_as_none(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_compiler(
        tmp_path,
        'for last; do :; done; test "$1" = --version || echo no library > "$last"',
        monkeypatch,
    )
    assert native.library(torch.float32) is None
    assert trains()


def test_a_cache_that_cannot_be_written_is_as_no_compiler(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.write_text("a file where the folder should be")
    assert native.library(torch.float32) is None
    assert trains()


def test_it_can_be_switched_off(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.SWITCH, "0")
    assert native.library(torch.float32) is None
    assert trains()
