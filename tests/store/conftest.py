from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import faults
from store.database import Store


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Store.open(tmp_path_factory.mktemp("template")).root


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Store:
    """An empty store; a copy, because that is quicker than making one."""
    return Store.open(shutil.copytree(template, tmp_path / "store"))


@pytest.fixture(autouse=True)
def _no_faults() -> Iterator[None]:
    yield
    faults.on_point = None
