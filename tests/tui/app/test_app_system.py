"""The System view: devices, GPUs through a stand-in for the driver's library, and workers."""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import psutil
import pytest

from store.database import Store
from store.leases import WorkerLease
from tests.tui.app.driving import Driver, drive
from tui.app import gpus
from tui.app.views import system

Script = Callable[[Driver], Awaitable[None]]
Run = Callable[..., None]


class Times(NamedTuple):
    """As psutil has it: seconds."""

    user: float
    idle: float


class NVMLError(Exception):
    """As pynvml has it."""


def fake_nvml(*names: str | bytes, **broken: str) -> Any:
    """A module with the calls of nvidia-ml-py that are used; ``broken`` ones raise."""
    module: Any = ModuleType("pynvml")
    module.NVMLError = NVMLError
    module.NVML_TEMPERATURE_GPU = 0
    module.nvmlInit = lambda: None
    module.nvmlDeviceGetCount = lambda: len(names)
    module.nvmlDeviceGetHandleByIndex = lambda index: index
    module.nvmlDeviceGetName = lambda handle: names[handle]
    module.nvmlDeviceGetMemoryInfo = lambda handle: SimpleNamespace(
        used=(handle + 1) * 2**30, total=80 * 2**30, free=0
    )
    module.nvmlDeviceGetUtilizationRates = lambda handle: SimpleNamespace(gpu=37, memory=5)
    module.nvmlDeviceGetTemperature = lambda handle, sensor: 41 + sensor

    def fail(words: str) -> None:
        raise NVMLError(words)

    for name, words in broken.items():
        setattr(module, name, lambda *_, words=words: fail(words))
    return module


def broken_library(name: str) -> None:
    raise OSError(f"{name}: cannot open shared object file")


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[ModuleType | None], None]]:
    """Put a module, or nothing, in the place of pynvml, on a machine with a driver."""
    gpus._library.cache_clear()
    monkeypatch.setattr(gpus, "_has_driver", lambda: True)
    yield lambda module: monkeypatch.setitem(sys.modules, "pynvml", module)
    gpus._library.cache_clear()


Nvml = Callable[[ModuleType | None], None]


def test_gpus_are_shown_with_use_memory_and_temperature(run: Run, nvml: Nvml) -> None:
    nvml(fake_nvml("NVIDIA H100 80GB", b"Tesla T4"))

    async def script(d: Driver) -> None:
        await d.press("5")
        await d.until(lambda: "NVIDIA H100 80GB" in d.text)
        line = next(line for line in d.text.split("\n") if "H100" in line)
        assert "#######............." in line
        assert "37%" in line
        assert "1.0 GiB of 80 GiB" in line
        assert "41 °C" in line
        assert "2.0 GiB of 80 GiB" in next(x for x in d.text.split("\n") if "Tesla T4" in x)
        await d.resize(60, 18)  # the name gives way, not the numbers
        await d.until(
            lambda: "GPU 0            ####......  37%  1.0 GiB of 80 GiB  41 °C" in d.text
        )

    run(script)


def test_what_a_gpu_does_not_tell_is_left_open(run: Run, nvml: Nvml) -> None:
    broken = dict.fromkeys(
        ("nvmlDeviceGetUtilizationRates", "nvmlDeviceGetTemperature"), "Not Supported"
    )
    nvml(fake_nvml("MIG", **broken))

    async def script(d: Driver) -> None:
        await d.press("5")
        await d.until(lambda: "MIG" in d.text)
        line = next(line for line in d.text.split("\n") if "MIG" in line)
        assert "use unknown  1.0 GiB of 80 GiB" in line
        assert "°C" not in line

    run(script)


def test_without_a_driver_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus._library.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", broken_library)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpus.gpus() == ([], "no NVIDIA driver")
    gpus._library.cache_clear()


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (None, "to see NVIDIA GPUs here: pip install nvidia-ml-py"),
        (fake_nvml(nvmlInit="Driver Not Loaded"), "no NVIDIA driver"),
        (fake_nvml("x", nvmlDeviceGetCount="GPU is lost"), "does not answer: GPU is lost"),
    ],
)
def test_why_there_are_no_gpus_is_said(
    run: Run, nvml: Nvml, module: ModuleType | None, says: str
) -> None:
    nvml(module)

    async def script(d: Driver) -> None:
        await d.press("5")
        await d.until(lambda: says in d.text)

    run(script)


def test_the_processor_is_sampled_before_the_first_look(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From counters that a thread of its own has to remember: looks come from several threads."""
    busy_idle = iter([(50.0, 50.0), (50.1, 50.1), (50.1, 50.1), (50.3, 51.9), (51.3, 51.9)])

    def cpu_times(percpu: bool = False) -> list[Any]:
        busy, idle = next(busy_idle)
        return [Times(busy, idle)] * 2

    monkeypatch.setattr(psutil, "cpu_times", cpu_times)
    monkeypatch.setattr(system, "SECONDS", 1e6)  # no look but those that keys cause

    async def script(d: Driver) -> None:
        await d.press("5")
        await d.until(lambda: "CPU, 2 cores" in d.text)
        assert "##########..........  50%" in d.text
        for share in ("  50%", "  10%", " 100%"):  # too soon after the first look; then idle; busy
            await d.press("1", "5")
            assert share in d.text

    run(script)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_a_worker_is_told_whole_in_columns(
    own: Store, tmp_path: Path, size: tuple[int, int]
) -> None:
    told = {
        "device": "cpu", "state": "training", "runs": 24, "steps_per_second": 1234567.0,
        "ensemble": "width 128, depth 1 × 24 runs", "step": 28123, "steps": 100000, "held_by": "",
    }  # fmt: skip

    async def script(d: Driver) -> None:
        await d.press("5")
        await d.until(lambda: "cpu-12ab" in d.text)
        lines = d.text.split("\n")
        at = next(i for i, line in enumerate(lines) if "cpu-12ab" in line)
        heads = next(line for line in lines if "heartbeat" in line)
        for head, value in (
            ("worker", "cpu-12ab"), ("device", "cpu"), ("state", "training"), ("steps/s", "1.2M"),
        ):  # fmt: skip
            assert lines[at].index(value, heads.index(head)) == heads.index(head), value
        assert " s ago" in lines[at]
        sign = json.loads((own.layout.workers / "cpu-12ab.json").read_text())
        assert f"{sign['pid']} on {sign['host']}" in lines[at]
        assert "width 128, depth 1 × 24 runs, step 28123 of 100000" in (
            lines[at] if size[0] >= 110 else lines[at + 1]
        )
        assert "held_by" not in d.text

    with WorkerLease(own.layout, "cpu-12ab", told):
        drive(own, script, tmp_path, size=size)


def test_system_scrolls_in_a_small_terminal(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("5")
        await d.until(lambda: "Devices" in d.text)
        assert "more lines: j" in d.text
        assert "waiting batches" not in d.text
        await d.press("j")
        assert "Devices" not in d.text
        await d.press("k", "k")
        assert "Devices" in d.text
        await d.press("G")
        assert "waiting batches" in d.text
        assert "held by" in d.text
        assert "more lines" not in d.text
        await d.press("k", "g", "ctrl+d")
        assert "Devices" not in d.text
        await d.press("ctrl+u")
        assert "Devices" in d.text
        await d.resize(80, 40)
        await d.press("j")
        assert "Devices" in d.text

    run(script, size=(60, 18))


def test_runs_are_not_steered_from_system_and_it_says_so(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("5")
        for key, what in (("K", "stop"), ("p", "pause"), ("R", "resume")):
            await d.press(key)
            assert f"System has no runs to {what}: 1 Runs, 2 Curves" in d.notices

    run(script)
