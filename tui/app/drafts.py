"""Sweeps in the making: what the launch form is filled with, and what it makes of its fields."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import Any

from engine.specification import presets
from engine.specification.config import FIELDS
from engine.specification.sweep import Sweep, with_changes


def preset_drafts() -> list[Sweep]:
    """Every preset, the demo first; then a sweep of one run with nothing but defaults."""
    names = sorted(presets.names(), key=lambda name: (name != "demo", name))
    own = Sweep("mine", "One run", "Every field has its default; give a field several values.")
    return [*map(presets.load, names), own]


def free_name(name: str, taken: Collection[str]) -> str:
    """``name``, with a number behind it if it is taken.

    The names of the study's presets stay: by them Paper finds the runs of its figures.
    """
    if name not in taken or (name in presets.names() and name != "demo"):
        return name
    stem = re.sub(r" \d+$", "", name)
    return next(new for i in count(2) if (new := f"{stem} {i}") not in taken)


def draft_from(runs: Sequence[Mapping[str, Any]]) -> Sweep:
    """The sweep of these runs with as many new seeds: what they share, and where they differ."""
    settings = [{key: run[key] for key in FIELDS if key != "seed"} for run in runs]
    base = {k: v for k, v in settings[0].items() if all(s[k] == v for s in settings)}
    points = [{k: v for k, v in s.items() if k not in base} for s in settings]
    distinct = tuple(p for i, p in enumerate(points) if p and p not in points[:i])
    seeds = sorted({int(run["seed"]) for run in runs})
    new = tuple(range(seeds[-1] + 1, seeds[-1] + 1 + len(seeds)))
    return Sweep(
        name=str(runs[0]["sweep"]),
        title=f"From run{'s' if len(runs) > 1 else ''} {_some([int(r['run_id']) for r in runs])}",
        description="New seeds of the same runs; change what you like.",
        base=base,
        points=distinct,
        axes={"seed": new},
    )


def fork_drafts(run: Mapping[str, Any], steps: Sequence[int]) -> list[Sweep]:
    """A sweep of one fork for each checkpoint of a run; with a budget that is not spent there."""
    base = {key: run[key] for key in FIELDS}
    return [
        Sweep(
            name=f"fork of {run['run_id']} at {step}",
            title=f"From run {run['run_id']} at step {step}",
            description="It keeps weights and optimizer; give a field several values for as many "
            "forks.",
            base={**base, "steps": run["steps"] if run["steps"] > step else step + run["steps"]},
        )
        for step in steps
    ]


def field_text(sweep: Sweep, name: str) -> str:
    """What a sweep says of a field, as it would be typed; empty where it has the default."""
    if name in sweep.axes:
        return values_text(sweep.axes[name])
    if any(name in point for point in sweep.points):
        return ""
    return value_text(sweep.base[name]) if name in sweep.base else ""


def placeholder(sweep: Sweep, name: str) -> str:
    """What stands in an empty field: its default, or the values of the sweep's points."""
    values = list(dict.fromkeys(point[name] for point in sweep.points if name in point))
    if values:
        return f"{values_text(values)} (in {len(sweep.points)} points)"
    return value_text(FIELDS[name].default)


def changed(sweep: Sweep, texts: Mapping[str, str], name: str) -> Sweep:
    """The sweep with the fields that were typed over; an emptied field has its default again.

    Raises:
        SpecificationError: a value that is not possible.
    """
    typed = {
        key: text.strip() for key, text in texts.items() if text.strip() != field_text(sweep, key)
    }
    emptied = {key for key, text in typed.items() if not text}
    sweep = dataclasses.replace(
        sweep,
        name=name.strip() or sweep.name,
        base={k: v for k, v in sweep.base.items() if k not in emptied},
        axes={k: v for k, v in sweep.axes.items() if k not in emptied},
    )
    return with_changes(sweep, {key: text for key, text in typed.items() if text})


def values_text(values: Sequence[Any]) -> str:
    """Values as they would be typed: 8,16,32..64:8."""
    parts: list[str] = []
    i = 0
    while i < len(values):
        run = _arithmetic(values[i:])
        if run >= 3:
            step = values[i + 1] - values[i]
            parts.append(f"{values[i]}..{values[i + run - 1]}" + (f":{step}" if step != 1 else ""))
            i += run
        else:
            parts.append(value_text(values[i]))
            i += 1
    return ",".join(parts)


def value_text(value: Any) -> str:
    """One value as it would be typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def _arithmetic(values: Sequence[Any]) -> int:
    """How many whole numbers at the start rise by one same step."""
    if len(values) < 2 or any(type(v) is not int for v in values[:2]) or values[1] <= values[0]:
        return 1
    step, count = values[1] - values[0], 2
    while count < len(values) and values[count] - values[count - 1] == step:
        count += 1
    return count


def _some(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids[:6])) + (f" and {len(ids) - 6} more" if len(ids) > 6 else "")
