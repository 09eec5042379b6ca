"""Which runs the table shows, in which order and groups: pure functions over the run table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from tui.app.predicates import Predicate
from tui.app.runtable import RunTable


@dataclass(frozen=True, slots=True)
class Group:
    """A line that stands for the runs that share values of the grouping keys.

    ``path`` holds those values; it is the identity of the group from one update to the next.
    """

    path: tuple[Any, ...]
    run_ids: tuple[int, ...]

    @property
    def key(self) -> str:
        """The group's identity as the table and the saved state know it."""
        return "/".join(map(str, self.path))


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


def grouped(
    table: RunTable, ids: Sequence[int], keys: Sequence[str], folded: Collection[str]
) -> list[int | str]:
    """Runs below the headings of their groups; a heading is its group's key, a run its id."""
    rows: list[int | str] = []
    for group in groups(table, ids, keys):
        rows.append(group.key)
        if group.key not in folded:
            rows.extend(group.run_ids)
    return rows


def groups(table: RunTable, ids: Sequence[int], keys: Sequence[str]) -> list[Group]:
    """The groups of these runs by the values of ``keys``, in the order of their values."""
    members: dict[tuple[Any, ...], list[int]] = {}
    for run_id in ids:
        run = table.run(run_id)
        members.setdefault(tuple(run[key] for key in keys), []).append(run_id)
    order = sorted(members, key=lambda path: [(v is None, isinstance(v, str), v) for v in path])
    return [Group(path, tuple(members[path])) for path in order]


def mark_state(run_ids: Collection[int], marked: Collection[int]) -> bool | None:
    """Whether all, none (False) or some (None) of these runs are marked."""
    count = sum(run_id in marked for run_id in run_ids)
    return True if count == len(run_ids) and count else None if count else False
