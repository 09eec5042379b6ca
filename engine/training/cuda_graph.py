"""Many small steps in one launch: CUDA graphs.

A step of small models is about a hundred kernels of a few microseconds each, and launching one
takes longer than running it. A graph is captured from a step that always does the same operations
on the same memory, and replayed with one launch for many steps.
See the PyTorch documentation, "CUDA graphs", on what may be captured.

The counting is the same on every device and is tested without a GPU; what
:class:`CudaGraphs` does has not run on a GPU yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Protocol

import torch

WARM_UP_STEPS = 3  # before a capture: libraries are loaded and choose their kernels then
STEPS_A_GRAPH = 16

log = logging.getLogger(__name__)

Action = Callable[[], None]


class Capture(Protocol):
    """How a function that takes and returns nothing is run first, and made faster later."""

    def warm_up(self, function: Action) -> None:
        """Run it as it is, such that it can be recorded afterwards."""

    def record(self, function: Action) -> Action:
        """What does the same as ``function``, without running it now."""


class Uncaptured:
    """Functions run as they are."""

    def warm_up(self, function: Action) -> None:
        """Run it."""
        function()

    def record(self, function: Action) -> Action:
        """The function itself."""
        return function


class CudaGraphs:
    """Functions become graphs on one device. They share their memory: one is replayed at a time."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = _side_stream(device)
        self._graphs: list[torch.cuda.CUDAGraph] = []

    def warm_up(self, function: Action) -> None:
        """Run it in the stream of the captures, between what is before and after."""
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            function()
        current.wait_stream(self._stream)

    def record(self, function: Action) -> Action:
        """A replay of ``function``, which must neither allocate for others nor look at numbers."""
        graph = torch.cuda.CUDAGraph()
        pool = self._graphs[0].pool() if self._graphs else None
        # the outer stream context brings the stream back if ending a failed capture fails too
        with (
            torch.cuda.stream(self._stream),
            torch.cuda.graph(graph, pool=pool, stream=self._stream),
        ):
            function()
        self._graphs.append(graph)
        return graph.replay


@cache
def _side_stream(device: torch.device) -> torch.cuda.Stream:
    """One a device: cuBLAS keeps a workspace for every stream that it has met."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


def capture_on(device: torch.device) -> Capture:
    """The fastest way to repeat steps on ``device``."""
    return CudaGraphs(device) if device.type == "cuda" else Uncaptured()


class Repetition:
    """Repeats ``step``: a few times as it is, then recorded, as many steps at once as fit."""

    def __init__(self, step: Action, capture: Capture) -> None:
        self._step = step
        self._capture = capture
        self._cold = WARM_UP_STEPS
        self._recorded: dict[int, Action] = {}

    def run(self, count: int) -> None:
        """Take ``count`` steps."""
        while count and self._cold:
            self._capture.warm_up(self._step)
            self._cold -= 1
            count -= 1
        for at_once in (STEPS_A_GRAPH, 1):
            while count >= at_once:
                self._steps(at_once)()
                count -= at_once

    def _steps(self, at_once: int) -> Action:
        if at_once not in self._recorded:
            step = self._step

            def several() -> None:
                for _ in range(at_once):
                    step()

            self._recorded[at_once] = self._record(several)
        return self._recorded[at_once]

    def _record(self, function: Action) -> Action:
        try:
            return self._capture.record(function)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # nothing has run yet: training goes on, slower
            log.warning("steps are launched one by one, no CUDA graph was made: %s", error)
            self._capture = Uncaptured()
            return self._capture.record(function)
