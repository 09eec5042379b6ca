"""What the panel beside the runs table says of one run, as text."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from engine.specification.config import FIELDS
from store.layout import StoreLayout
from tui.app.widgets.table import literal
from tui.plots.numbers import format_bytes, format_count, format_duration, format_number

TAIL_BYTES = 64_000


def detail_text(run: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> Text:
    """Configuration, values, note and history of a run."""
    text = Text()
    _title(text, f"run {run['run_id']} of {literal(run['sweep'])}")
    if run["note"]:
        text.append(literal(run["note"]) + "\n", style="italic")
    for label, value in (
        ("state", f"{run['state']} ({run['detail']})" if run["detail"] else run["state"]),
        ("zone", run["zone"]),
        ("step", f"{run['step'] or 0} of {run['steps']}"),
        ("training time", format_duration(run["seconds"])),
        ("parameters", format_count(run["parameters"])),
        ("memorized at", run["memorized_at"]),
        ("generalized at", run["generalized_at"]),
        ("norm change", run["norm_change"]),
        ("worker", run["worker_id"]),
        ("tags", ", ".join(run["tags"] or ())),
    ):
        if value not in (None, ""):
            _line(text, label, format_number(value) if isinstance(value, float) else value)
    _title(text, "\nconfiguration")
    for name in FIELDS:
        value = run[name]
        _line(text, name, format_number(value) if isinstance(value, float) else value)
    _title(text, "\nhistory")
    for event in events:
        moment = event["recorded_at"].astimezone().strftime("%m-%d %H:%M:%S")
        where = f" at step {event['step']}" if event["step"] is not None else ""
        by = f" by {event['worker_id']}" if event["worker_id"] else ""
        text.append(moment, style="dim")
        detail = f": {event['detail']}" if event["detail"] else ""
        text.append(literal(f" {event['state']}{where}{by}{detail}") + "\n")
    return text


def checkpoint_text(rows: Sequence[Mapping[str, Any]], root: Path) -> Text:
    """The checkpoint files of a run; one that is missing on disk is reported."""
    text = Text()
    _title(text, "checkpoints" if rows else "no checkpoint yet")
    for row in rows:
        missing = "" if (root / row["path"]).exists() else "  MISSING"
        text.append(f"step {row['step']}".ljust(14), style="bold")
        text.append(f"{format_bytes(row['bytes']):>9}  {row['reason']}{missing}\n")
        text.append(f"  {literal(row['path'])}\n", style="dim")
    return text


def log_tail(layout: StoreLayout, worker_id: str | None) -> tuple[str, list[str]]:
    """The name and the last lines of a worker's log; of the newest log without a worker."""
    path = layout.logs / f"{worker_id}.log" if worker_id else _newest(layout.logs)
    if path is None or not path.exists():
        return "no log yet", []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        lines = file.read().decode("utf-8", errors="replace").splitlines()
    return path.name, lines[-200:]


def log_text(tail: tuple[str, list[str]] | None) -> Text:
    """The end of a log, the newest line first: what is of interest is never below the edge."""
    text = Text()
    name, lines = tail or ("no log", [])
    _title(text, f"{literal(name)}, newest first")
    for line in reversed(lines):
        text.append(literal(line) + "\n")
    return text


def _newest(folder: Path) -> Path | None:
    logs = [entry for entry in os.scandir(folder) if entry.name.endswith(".log")]
    return Path(max(logs, key=lambda e: e.stat().st_mtime).path) if logs else None


def _title(text: Text, title: str) -> None:
    text.append(title + "\n", style="bold")


def _line(text: Text, label: str, value: Any) -> None:
    text.append(label.ljust(20), style="dim")
    text.append(literal(value) + "\n")
