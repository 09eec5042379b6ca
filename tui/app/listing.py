"""Which runs the table shows, in which order and groups: pure functions over the run table."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from tui.app.predicates import Predicate
from tui.app.runtable import RunTable


@dataclass(frozen=True, slots=True)
class Group:
    """A line that stands for the runs that share values of the first few grouping keys.

    ``path`` holds those values, the outermost first. ``run_ids`` are the runs below it, in the
    order in which they are listed.
    """

    key: str
    path: tuple[Any, ...]
    run_ids: tuple[int, ...]

    @property
    def depth(self) -> int:
        """How many headings are above it."""
        return len(self.path) - 1


def group_key(path: tuple[Any, ...]) -> str:
    """A group's identity from one update and one session to the next, as the table knows it."""
    return _json(path)


_json: Final = json.JSONEncoder(default=str).encode  # times are the only values that JSON has not


def passing(table: RunTable, passes: Predicate | None) -> list[int]:
    """The runs that pass, in the order of the table; all of them without a predicate."""
    if passes is None:
        return list(table.run_ids)
    return passes.of(table.run_ids, table.column)


def passing_after(
    table: RunTable, passes: Predicate, before: list[int], changed: Collection[int]
) -> list[int]:
    """:func:`passing`, where ``before`` passed and no other runs than these have changed since."""
    here = set(before)
    now = {int(run["run_id"]) for run in table.runs(list(changed)) if passes(run)}
    if now == here.intersection(changed):
        return before
    here = here.difference(changed) | now
    return [run_id for run_id in table.run_ids if run_id in here]


def sorted_runs(table: RunTable, ids: list[int], sort: str, descending: bool) -> list[int]:
    """The ids in the order of a column; runs without a value there come last.

    Equal ones keep their order.
    """
    values = table.values(sort if sort in table.keys else "run_id", ids)
    if isinstance(next((value for value in values if value is not None), None), list):
        values = [", ".join(value) if value else None for value in values]
    pairs = list(zip(values, ids, strict=True))
    # NaN cannot be ordered: it is not equal to itself
    with_value = [pair for pair in pairs if pair[0] is not None and pair[0] == pair[0]]
    without = [run_id for value, run_id in pairs if value is None or value != value]
    with_value.sort(key=itemgetter(0), reverse=descending)
    return [run_id for _, run_id in with_value] + without


def tree(table: RunTable, ids: Sequence[int], keys: Sequence[str]) -> list[Group]:
    """The groups of these runs by the values of ``keys``, each before those inside it.

    Groups are in the order of their values; in the innermost, runs keep theirs.
    """
    columns = [_groupable(table.values(key, ids)) for key in keys]
    leaves: dict[tuple[Any, ...], list[int]] = {}
    for run_id, path in zip(ids, zip(*columns, strict=True), strict=True):
        leaves.setdefault(path, []).append(run_id)
    order = sorted(leaves, key=lambda path: [(v is None, isinstance(v, str), v) for v in path])
    members: dict[tuple[Any, ...], list[int]] = {}
    for path in order:
        for length in range(1, len(path) + 1):
            members.setdefault(path[:length], []).extend(leaves[path])
    return [Group(group_key(path), path, tuple(ids)) for path, ids in members.items()]


def _groupable(values: list[Any]) -> list[Any]:
    """Values that can be compared; NaN, which is not equal to itself, and no tags are no value."""
    return [
        None if value != value else tuple(value) or None if isinstance(value, list) else value
        for value in values
    ]


def unfolded(groups: Sequence[Group], folded: Collection[str]) -> list[int | str]:
    """The lines of a tree: a heading is its group's key, a run its id.

    What is below a folded heading is left out.
    """
    rows: list[int | str] = []
    innermost = max((group.depth for group in groups), default=0)
    open_to = innermost  # groups deeper than this are below a folded heading
    for group in groups:
        if group.depth > open_to:
            continue
        rows.append(group.key)
        if group.key in folded:
            open_to = group.depth
        else:
            open_to = innermost
            if group.depth == innermost:
                rows.extend(group.run_ids)
    return rows


def mark_state(run_ids: Collection[int], marked: Collection[int]) -> bool | None:
    """Whether all, none (False) or some (None) of these runs are marked."""
    count = sum(run_id in marked for run_id in run_ids)
    return True if count == len(run_ids) and count else None if count else False
