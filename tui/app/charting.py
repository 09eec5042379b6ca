"""From the curves of runs to charts: overlays, bands over seeds, smoothing, milestones. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from engine.specification.tasks import TASKS, pair_count
from tui.app.library import Curves
from tui.app.runtable import CONFIG_KEYS, ENDED
from tui.plots.chart import DASHES, Array, Axes, Mark, Series
from tui.plots.colours import RUN_COLOURS, run_colour
from tui.plots.smoothing import smooth

Run = Mapping[str, Any]

PANELS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "overview": (
        ("train_accuracy", "validation_accuracy"),
        ("train_loss", "validation_loss"),
        ("parameter_norm",),
        ("gradient_norm",),
    ),
    "accuracy": (("train_accuracy", "validation_accuracy"),),
    "loss": (("train_loss", "validation_loss"),),
    "norm": (("parameter_norm",), ("gradient_norm",)),
    "saturation": (("saturated_share",), ("train_loss", "validation_loss")),
    "mixture": (("task_accuracy", "memorization_accuracy"), ("task_loss", "memorization_loss")),
}
"""The sets of charts to choose from: a chart for each tuple of metrics that belong together."""

METRICS: Final = tuple(
    dict.fromkeys(metric for panels in PANELS.values() for panel in panels for metric in panel)
)
"""Every metric of a curve."""


def panels_of(name: str) -> tuple[tuple[str, ...], ...]:
    """The charts of a set, or of one metric alone.

    An unknown name, as from another version's state, is the overview.
    """
    return ((name,),) if name in METRICS else PANELS.get(name, PANELS["overview"])


X_LABELS: Final[Mapping[str, str]] = {
    "step": "step",
    "seconds": "seconds",
    "operations": "operations",
}

NO_VALIDATION = "no validation set: every pair is trained on"

LOG_ROOM = 0.25  # decades: a few columns of a chart

_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Quantiles of Student's t for a two-sided 95 % interval, from one degree of freedom on."""


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """How curves are shown."""

    x: str = "step"
    log_x: bool = True
    log_y: bool = False
    smoothing: float = 0.0
    bands: bool = False
    front: int | None = None


def has_validation(run: Run) -> bool:
    """Whether there are pairs that the run is not trained on."""
    task = str(run["task"])
    known = task in TASKS  # a task of another version's may not be
    return not known or pair_count(task, int(run["modulus"])) > int(run["train_size"])


def charts(
    runs: Sequence[Run], curves: Curves, panels: Sequence[Sequence[str]], options: ChartOptions
) -> list[tuple[list[Series], Axes]]:
    """The charts of some runs. For one run, metrics that belong together share a chart.

    For several runs each metric has its own chart, so that colour can tell the runs apart.
    """
    if len(runs) > 1:
        panels = [(metric,) for panel in panels for metric in _validation_first(panel)]
    made = []
    for panel in panels:
        series: list[Series] = []
        for place, metric in enumerate(panel):
            if options.bands and len(runs) > 1:
                series += seed_bands(runs, curves, metric, options)
            else:
                series += _lines(runs, curves, metric, options, place if len(panel) > 1 else None)
        words = _words(panel[0])
        title = words if len(panel) == 1 else words.split(" ", 1)[1]
        bounded = any(word in title for word in ("accuracy", "share")) and not options.log_y
        if len(panel) > 1 and any(map(_validates, panel)) and not has_validation(runs[0]):
            title += " · no validation set"
        axes = Axes(
            title,
            X_LABELS[options.x],
            options.log_x,
            options.log_y,
            _room_to_grow(series, runs, options),
            (-0.02, 1.02) if bounded else None,
            _absent(runs, curves, panel),
        )
        made.append((series, axes))
    return made


def _words(metric: str) -> str:
    """As the study writes it: ``training accuracy``."""
    return metric.replace("train_", "training ").replace("_", " ")


def seed_bands(
    runs: Sequence[Run], curves: Curves, metric: str, options: ChartOptions
) -> list[Series]:
    """A mean and its 95 % interval (Student) for each group of runs that differ in seed alone."""
    groups: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(run[k] for k in CONFIG_KEYS if k != "seed"), []).append(run)
    firsts = [group[0] for group in groups.values()]
    names = short_names(firsts, without=("seed",))
    colours = _apart([run_colour(int(first["run_id"])) for first in firsts])
    series = []
    for group, name, colour in zip(groups.values(), names, colours, strict=True):
        known = [curves[run["run_id"]][metric] for run in group if run["run_id"] in curves]
        known = [(x, y) for x, y in known if len(x)]
        if not known:
            continue
        x, mean, half = mean_and_interval(known)
        mean = smooth(_axis(x, options), mean, options.smoothing)
        some = "" if len(known) == len(group) else f" of {len(group)}"
        label = f"{name} ({len(known)}{some} seed{'s' if len(group) > 1 else ''})"
        band = (mean - half, mean + half) if len(known) > 1 else (None, None)
        series.append(Series(label, x, mean, colour, *band))
    return series


def _apart(colours: Sequence[int]) -> list[int]:
    """The colours, where one was taken before it the first that is free.

    Seven seeds a group are seven ids on, and the palette has as many colours.
    """
    found: list[int] = []
    for colour in colours:
        free = [other for other in RUN_COLOURS if other not in found]
        found.append(free[0] if colour in found and free else colour)
    return found


def mean_and_interval(curves: Sequence[tuple[Array, Array]]) -> tuple[Array, Array, Array]:
    """The mean over curves at every x that one of them has, and half of its 95 % interval.

    Curves are joined linearly between their points; where one has not begun or has ended, those
    that are there count alone. The half width is 0 where there is one only.
    """
    x = np.unique(np.concatenate([x for x, _ in curves]))
    values = np.array([np.interp(x, cx, cy, np.nan, np.nan) for cx, cy in curves])
    present = np.isfinite(values)
    count = present.sum(axis=0)
    filled = np.where(present, values, 0.0)
    mean = np.divide(filled.sum(axis=0), count, out=np.full(len(x), np.nan), where=count > 0)
    squares = np.where(present, (values - mean) ** 2, 0.0).sum(axis=0)
    spread = np.sqrt(np.divide(squares, count - 1, out=np.zeros(len(x)), where=count > 1))
    quantiles = np.array([_student(int(n) - 1) for n in count])
    return x, mean, quantiles * spread / np.sqrt(np.maximum(count, 1))


def short_names(runs: Sequence[Run], without: Sequence[str] = ()) -> list[str]:
    """A name for each run: its id and the configuration keys in which the runs differ."""
    keys = [
        key
        for key in CONFIG_KEYS
        if key not in without and any(run[key] != runs[0][key] for run in runs)
    ]
    named = []
    for run in runs:
        words = " ".join(f"{_ABBREVIATIONS.get(key, key + ' ')}{_plain(run[key])}" for key in keys)
        named.append(f"{run['run_id']} {words}".strip() if not without else words or run["sweep"])
    return named


_ABBREVIATIONS: Final = {
    "width": "d", "train_size": "D", "seed": "seed ", "learning_rate": "lr ",
    "weight_decay": "wd ", "modulus": "P", "task": "",
}  # fmt: skip


def _lines(
    runs: Sequence[Run], curves: Curves, metric: str, options: ChartOptions, place: int | None
) -> list[Series]:
    names = short_names(runs)
    lines: list[Series] = []
    shown: Counter[int] = Counter()
    for run, name in zip(runs, names, strict=True):
        x, y = curves.get(run["run_id"], {}).get(metric, (np.empty(0), np.empty(0)))
        if not len(x) and len(runs) == 1:
            continue
        colour = run_colour(int(run["run_id"])) if place is None else RUN_COLOURS[place]
        label = _words(metric).split(" ", 1)[0] if place is not None else name
        dash = shown[colour] % DASHES if place is None else 0
        shown[colour] += 1
        front = run["run_id"] == options.front and len(runs) > 1
        marks = _marks(run, metric, options.x)
        line = Series(label, x, y, colour, dash=dash, marks=marks, front=front)
        if options.smoothing and len(x):
            lines.append(replace(line, dim=True, dash=0, marks=()))
            line = replace(line, y=smooth(_axis(x, options), y, options.smoothing))
        lines.append(line)
    return sorted(lines, key=lambda line: line.front)  # over the others


def _marks(run: Run, metric: str, x: str) -> tuple[Mark, ...]:
    """M where it memorized, on training curves; G where it generalized, on validation curves."""
    factor = {"step": 1.0, "operations": float(run["operations_per_step"])}.get(x)
    key, letter = ("memorized_at", "M") if "train" in metric else ("generalized_at", "G")
    at = run[key] if metric.startswith(("train", "validation")) else None
    return (Mark(float(at) * factor, letter),) if at and factor else ()


def _axis(x: Array, options: ChartOptions) -> Array:
    """X in the coordinates of its axis, in which smoothing measures distance."""
    if not options.log_x:
        return x
    least = float(np.min(x, initial=np.inf, where=x > 0))
    return np.log10(np.maximum(x, least if np.isfinite(least) else 1.0))


def _room_to_grow(
    series: Sequence[Series], runs: Sequence[Run], options: ChartOptions
) -> tuple[float, float] | None:
    """Limits that a growing curve reaches only now and then; None where none grows.

    An axis that ends where the data do moves every curve at every new point: restless to look at,
    and each time the whole chart goes over the line.
    """
    if not any(run["state"] == "running" for run in runs):
        return None
    xs = [one.x[one.x > 0] if options.log_x else one.x for one in series]
    known = [x for x in xs if len(x)]
    if not known:
        return None
    low, high = min(float(x[0]) for x in known), max(float(x[-1]) for x in known)
    if high <= low:
        return None
    if options.log_x:
        return low, float(10 ** (np.ceil(np.log10(high) / LOG_ROOM) * LOG_ROOM))
    room = 10 ** np.floor(np.log10(high)) / 4
    return low, float(np.ceil(high / room) * room)


def _absent(runs: Sequence[Run], curves: Curves, panel: Sequence[str]) -> str:
    """Why there are no values."""
    if not any(run["run_id"] in curves for run in runs):
        return "reading …"
    if all(map(_validates, panel)) and not any(map(has_validation, runs)):
        return NO_VALIDATION
    if all(run["state"] in ENDED for run in runs):
        return "none was recorded"
    return "no values yet"


def _validates(metric: str) -> bool:
    return metric.startswith("validation")


def _validation_first(panel: Sequence[str]) -> list[str]:
    return sorted(panel, key=lambda metric: not _validates(metric))


def _student(freedom: int) -> float:
    if freedom < 1:
        return 0.0
    return _STUDENT[freedom - 1] if freedom <= len(_STUDENT) else 1.96 + 2.4 / freedom


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
