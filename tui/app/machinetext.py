"""The System view's text: a snapshot of the machine as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from store.leases import WorkerInfo
from tui.app.gpus import Gpu
from tui.app.machine import Report
from tui.app.widgets.table import literal
from tui.plots.numbers import format_bytes, format_count, format_duration

LABEL_WIDTH = 17
WIDE = 110  # columns from which a worker is one line
NO_WORKER = "none; one starts when a sweep is launched, and leaves when the queue is empty"


def report_lines(found: Report, width: int) -> list[Text]:
    """The lines, each of at most ``width`` columns."""
    lines = [
        *_devices(found, width),
        Text(),
        *_workers(found.workers, width),
        Text(),
        *_queue(found),
        Text(),
        _title("Store"),
        *(_line(name, format_bytes(size)) for name, size in found.sizes.items()),
        _line("waiting batches", str(found.batches)),
        _line("held by", literal(found.holder) or "nobody"),
        _line("folder", literal(found.root)),
    ]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _devices(found: Report, width: int) -> Iterator[Text]:
    bar = 20 if width >= 80 else 10
    yield _title("Devices")
    mean = sum(found.cpu) / max(1, len(found.cpu))
    yield _line(f"CPU, {len(found.cpu)} cores", _meter(mean, bar))
    used = found.memory_used / max(1, found.memory_total)
    yield _line("memory", f"{_meter(used, bar)}  {_part(found.memory_used, found.memory_total)}")
    for number, gpu in enumerate(found.gpus):
        yield _line(f"GPU {number}", _gpu(gpu, bar))
    if found.no_gpus:
        yield _line("GPU", found.no_gpus)


def _gpu(gpu: Gpu, bar: int) -> str:
    parts = [
        _meter(gpu.use, bar) if gpu.use is not None else "use unknown",
        _part(gpu.memory_used, gpu.memory_total)
        if gpu.memory_used is not None and gpu.memory_total is not None
        else "memory unknown",
        f"{gpu.celsius} °C" if gpu.celsius is not None else "",
        literal(gpu.name),
    ]
    return "  ".join(filter(None, parts))


def _queue(found: Report) -> Iterator[Text]:
    yield _title("Queue")
    if found.holder:
        yield Text(f"not known: the database is held by {literal(found.holder)}", style="bold")
    for state, count in found.states.items():
        yield _line(state, str(count), "bold" if state == "dead" else "")
    if not found.states and not found.holder:
        yield Text("no runs", style="dim")


def _workers(workers: Sequence[WorkerInfo], width: int) -> Iterator[Text]:
    yield _title("Workers")
    if not workers:
        yield Text(NO_WORKER, style="dim")
        return
    heads = ("worker", "device", "state", "heartbeat", "steps/s", "process")
    rows = [_cells(worker) for worker in workers]
    wide = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    one_line = width >= WIDE
    yield Text(_row(heads, wide) + ("  trains" if one_line else ""), style="dim")
    for worker, row in zip(workers, rows, strict=True):
        style = "" if worker.alive else "bold"
        if one_line:
            yield Text(f"{_row(row, wide)}  {_doing(worker)}", style=style)
        else:
            yield Text(_row(row, wide), style=style)
            yield Text(f"  {_doing(worker)}", style=style)


def _cells(worker: WorkerInfo) -> tuple[str, ...]:
    speed = worker.steps_per_second if worker.alive else None
    return (
        literal(worker.worker_id),
        literal(worker.device),
        literal(worker.state) if worker.alive else "DEAD",
        f"{format_duration(worker.silent_seconds)} ago",
        format_count(speed) if speed else "–",
        f"{worker.pid} on {literal(worker.host)}",
    )


def _row(cells: Sequence[str], wide: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, wide, strict=True))


def _doing(worker: WorkerInfo) -> str:
    """What a worker trains, or what becomes of what it trained."""
    told = worker.info
    if not worker.alive:
        return "its runs are dead; in Runs: R requeues, p pauses, K stops"
    words = [str(told["ensemble"])] if told.get("ensemble") else []
    if told.get("steps"):
        words.append(f"step {told.get('step', 0)} of {told['steps']}")
    if told.get("held_by"):
        words.append(f"its rows wait: {told['held_by']} holds the database")
    return literal(", ".join(words)) or "nothing yet"


def _meter(share: float, width: int) -> str:
    full = round(min(1.0, max(0.0, share)) * width)
    return f"{'#' * full}{'.' * (width - full)} {share:4.0%}"


def _part(used: int, total: int) -> str:
    return f"{format_bytes(used)} of {format_bytes(total)}"


def _title(title: str) -> Text:
    return Text(title, style="bold")


def _line(label: str, value: str, style: str = "") -> Text:
    text = Text(label.ljust(LABEL_WIDTH - 1) + " ", style="dim")
    return Text().append_text(text).append(value, style=style)
