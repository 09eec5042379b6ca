"""Fixtures of the engine's tests: both implementations of the step, on one thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from engine.training import native


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Models this small gain nothing from more, and on a busy machine OpenMP's threads thrash."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["native", "pytorch"])
def step(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which implementation trains one-layer models in this test."""
    name: str = request.param
    config = request.node.callspec.params.get("config")
    if name == "native" and config is not None and config.depth > 1:
        pytest.skip("the native step is for one layer")
    if name == "pytorch":
        monkeypatch.setattr(native, "library", lambda dtype: None)
    elif native.library(torch.float32) is None:
        pytest.skip("no C++ compiler here")
    return name
