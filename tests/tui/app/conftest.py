"""Stores and a way to drive the app, for every test of this folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from store.database import Store
from tests.tui.app.driving import Driver, drive
from tests.tui.app.stores import make_store

Script = Callable[[Driver], Awaitable[None]]
Run = Callable[..., None]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that no test of this module writes to."""
    return make_store(tmp_path_factory.mktemp("shared"), running=True)


@pytest.fixture
def run(shared: Store, tmp_path: Path) -> Run:
    def inner(script: Script, **options: Any) -> None:
        drive(shared, script, tmp_path / "state", **options)

    return inner


@pytest.fixture
def own(tmp_path: Path) -> Store:
    return make_store(tmp_path / "own", running=True)
