"""A sweep: a base configuration, points that override it, and axes that multiply it."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from engine.specification.config import FIELDS, RunConfig
from engine.specification.errors import SpecificationError, nearest
from engine.specification.validation import check
from engine.specification.values import convert, parse_values

MOST_RUNS = 1_000_000

_KEYS = ("name", "title", "description", "base", "points", "axes")


@dataclass(frozen=True, slots=True)
class Sweep:
    """The runs are every point of ``points`` × every combination of ``axes``, over ``base``."""

    name: str
    title: str = ""
    description: str = ""
    base: Mapping[str, Any] = field(default_factory=dict)
    points: tuple[Mapping[str, Any], ...] = ()
    axes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def runs(self) -> list[RunConfig]:
        """The configurations, checked, in the order of points and axes, the last axis fastest.

        Raises:
            SpecificationError: a combination is not possible, or there are too many.
        """
        count = max(1, len(self.points))
        for values in self.axes.values():
            count *= len(values)
        if count > MOST_RUNS:
            raise SpecificationError(
                f"The sweep '{self.name}' has {count} runs; the most is {MOST_RUNS}."
            )
        configs = []
        for point in self.points or ({},):
            for combination in product(*self.axes.values()):
                settings = {**self.base, **point, **dict(zip(self.axes, combination, strict=True))}
                config = RunConfig(**settings)
                check(config)
                configs.append(config)
        return configs

    def to_toml(self) -> str:
        """The specification as TOML text that :func:`parse` reads back to an equal sweep."""
        lines = [f"name = {_toml(self.name)}"]
        if self.title:
            lines.append(f"title = {_toml(self.title)}")
        if self.description:
            lines.append(f"description = {_toml(self.description)}")
        for header, table in (("[base]", self.base), ("[axes]", self.axes)):
            if table:
                lines += ["", header, *(f"{key} = {_toml(value)}" for key, value in table.items())]
        for point in self.points:
            lines += [
                "",
                "[[points]]",
                *(f"{key} = {_toml(value)}" for key, value in point.items()),
            ]
        return "\n".join(lines) + "\n"


def parse(text: str, source: str) -> Sweep:
    """The sweep in a TOML text; ``source`` names it in sentences.

    Raises:
        SpecificationError: the TOML is broken (with line and column), or what it says is.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecificationError(f"{source} is not valid TOML: {error}.") from None
    try:
        return _sweep(document)
    except SpecificationError as error:
        raise SpecificationError(f"{source}: {error}") from None


def with_changes(sweep: Sweep, changes: Mapping[str, str]) -> Sweep:
    """The sweep with fields set: several values or a range make an axis, one value replaces it.

    A field that points set is set in every point.

    Raises:
        SpecificationError: a field or value that does not exist.
    """
    base, axes, points = dict(sweep.base), dict(sweep.axes), list(sweep.points)
    for key, text in changes.items():
        name, values = _axis(key, text)
        points = [{k: v for k, v in point.items() if k != name} for point in points]
        if len(values) == 1 and name not in axes:
            base[name] = values[0]
        else:
            axes[name] = values
    distinct = tuple(point for i, point in enumerate(points) if point not in points[:i])
    return dataclasses.replace(sweep, base=base, axes=axes, points=distinct)


def _sweep(document: Mapping[str, Any]) -> Sweep:
    for key in document:
        if key not in _KEYS:
            hint = (
                f"'{key}' belongs under [base] or [axes]." if key in FIELDS else nearest(key, _KEYS)
            )
            raise SpecificationError(f"There is no key '{key}' at the top; {hint}")
    for key in ("name", "title", "description"):
        if not isinstance(document.get(key, ""), str):
            raise SpecificationError(f"{key} is not a text; put it in quotes.")
    name = document.get("name", "").strip()
    if not name:
        raise SpecificationError("The sweep has no name; add a line such as name = 'mine'.")
    for key, kind in (("base", dict), ("axes", dict), ("points", list)):
        if not isinstance(document.get(key, kind()), kind):
            raise SpecificationError(
                f"'{key}' is not a table; write it under a header in brackets."
            )
    points = document.get("points", [])
    if not all(isinstance(point, dict) for point in points):
        raise SpecificationError("Every point is a table; write each under a header [[points]].")
    axes: dict[str, tuple[Any, ...]] = {}
    for key, value in document.get("axes", {}).items():
        axis_name, values = _axis(key, value)
        if axis_name in axes:
            raise SpecificationError(f"The axis {axis_name} is given twice; once is right.")
        axes[axis_name] = values
    return Sweep(
        name=name,
        title=document.get("title", ""),
        description=document.get("description", "").strip(),
        base={key: convert(key, value) for key, value in document.get("base", {}).items()},
        points=tuple({k: convert(k, v) for k, v in point.items()} for point in points),
        axes=axes,
    )


def _axis(key: str, value: Any) -> tuple[str, tuple[Any, ...]]:
    """An axis; ``seeds = 11`` is short for the seeds 0 … 10."""
    if key != "seeds":
        return key, tuple(parse_values(key, value))
    if isinstance(value, list) or (isinstance(value, str) and not value.strip().isdigit()):
        return "seed", tuple(parse_values("seed", value))
    count = convert("seed", value)
    if count < 1:
        raise SpecificationError("seeds = 0 leaves no runs; the least is 1.")
    if count > MOST_RUNS:
        raise SpecificationError(f"seeds = {count} is too many; the most is {MOST_RUNS}.")
    return "seed", tuple(range(count))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    # A JSON string is a TOML basic string, save for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
