"""What the machine and the store are doing, for the System view. Blocks; called in threads."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.text import Text

from store.database import Store
from store.errors import DatabaseHeld
from store.leases import LeaseObserver, WorkerInfo
from tui.app.library import Library
from tui.app.widgets.table import literal
from tui.plots.numbers import format_bytes, format_count, format_number


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU as its driver sees it. Shares are 0 … 1."""

    name: str
    use: float
    memory_used: int
    memory_total: int
    celsius: int


@dataclass(frozen=True, slots=True)
class Report:
    """A snapshot."""

    cpu: Sequence[float]
    memory_used: int
    memory_total: int
    gpus: Sequence[Gpu]
    workers: Sequence[WorkerInfo]
    states: dict[str, int]
    sizes: dict[str, int]
    batches: int
    holder: str
    root: Path


def report(store: Store, observer: LeaseObserver, library: Library) -> Report:
    """Look at everything once."""
    memory = psutil.virtual_memory()
    layout = store.layout
    holder = ""
    try:
        states = {row["state"]: int(row["runs"]) for row in library.rows("states")}
    except DatabaseHeld as error:
        states, holder = {}, error.holder
    sizes = {
        "database": _size(layout.database),
        "spool": _folder_size(layout.spool),
        "checkpoints": _folder_size(layout.checkpoints),
        "logs": _folder_size(layout.logs),
    }
    return Report(
        [share / 100 for share in psutil.cpu_percent(percpu=True)],
        memory.total - memory.available,
        memory.total,
        gpus(),
        observer.workers(),
        states,
        sizes,
        sum(
            1 for path in layout.spool.iterdir() if path.is_file() and not path.name.startswith(".")
        ),
        holder,
        store.root,
    )


def gpus() -> list[Gpu]:
    """The NVIDIA GPUs, if nvidia-ml-py and a driver are there."""
    try:
        nvml = importlib.import_module("pynvml")
        nvml.nvmlInit()
    except Exception:  # without the library or a driver there are simply no GPUs to show
        return []
    found = []
    for index in range(nvml.nvmlDeviceGetCount()):
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        name = nvml.nvmlDeviceGetName(handle)
        found.append(
            Gpu(
                name.decode() if isinstance(name, bytes) else str(name),
                nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100,
                int(memory.used),
                int(memory.total),
                int(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)),
            )
        )
    return found


def report_text(found: Report) -> Text:
    """The snapshot as a person reads it."""
    text = Text()
    _title(text, "Devices")
    mean = sum(found.cpu) / max(1, len(found.cpu))
    _line(text, f"CPU, {len(found.cpu)} cores", f"{_bar(mean)} {mean:.0%}")
    used = found.memory_used / max(1, found.memory_total)
    _line(
        text,
        "memory",
        f"{_bar(used)} {format_bytes(found.memory_used)} of {format_bytes(found.memory_total)}",
    )
    for gpu in found.gpus:
        _line(
            text, gpu.name,
            f"{_bar(gpu.use)} {gpu.use:.0%}  {format_bytes(gpu.memory_used)} of "
            f"{format_bytes(gpu.memory_total)}  {gpu.celsius} °C",
        )  # fmt: skip
    _title(text, "\nWorkers")
    if not found.workers:
        text.append(
            "none; one starts when a sweep is launched, and leaves when the queue is empty\n",
            style="dim",
        )
    for worker in found.workers:
        _line(text, literal(worker.worker_id), _worker(worker), "" if worker.alive else "bold")
    _title(text, "\nQueue")
    if found.holder:
        text.append(f"the database is held by {literal(found.holder)}\n", style="bold")
    for state, count in found.states.items():
        _line(text, state, str(count))
    _title(text, "\nStore")
    _line(text, "folder", literal(found.root))
    for name, size in found.sizes.items():
        _line(text, name, format_bytes(size))
    _line(text, "waiting batches", str(found.batches))
    _line(text, "held by", literal(found.holder) or "nobody")
    return text


def _worker(worker: WorkerInfo) -> str:
    words = [worker.device, worker.state if worker.alive else "DEAD: its runs go back to the queue"]
    if worker.runs:
        words.append(f"{worker.runs} runs")
    if worker.steps_per_second:
        words.append(f"{format_count(worker.steps_per_second)} steps/s")
    shown = {"device", "state", "runs", "steps_per_second"}
    words += [f"{key} {_fact(value)}" for key, value in worker.info.items() if key not in shown]
    return literal(f"{', '.join(words)}  (pid {worker.pid} on {worker.host})")


def _fact(value: Any) -> str:
    return format_number(value, 3) if isinstance(value, int | float) else str(value)


def _bar(share: float, width: int = 20) -> str:
    full = round(min(1.0, max(0.0, share)) * width)
    return "#" * full + "." * (width - full)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _folder_size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # ingested or removed while we looked
            continue
    return total


def _title(text: Text, title: str) -> None:
    text.append(title + "\n", style="bold")


def _line(text: Text, label: str, value: str, style: str = "") -> None:
    text.append(label.ljust(20) + " ", style="dim")
    text.append(value + "\n", style=style)
