"""Which runs a mean over seeds takes in, where there are more than are drawn at once."""

from __future__ import annotations

from collections.abc import Sequence

from tui.app.runtable import RunTable


def whole_groups(table: RunTable, run_ids: Sequence[int], most: int) -> tuple[list[int], list[int]]:
    """The runs whose curves are read, and those of the same groups of seeds, at most ``most``.

    A group is left out as a whole, so that no mean is over some of its seeds in silence: the two
    lists differ only where the first group is larger than ``most``.
    """
    keys = [key for key in table.differing(run_ids) if key != "seed"]
    columns = [table.values(key, run_ids) for key in keys]
    of_run = zip(*columns, strict=True) if columns else [()] * len(run_ids)
    groups: dict[tuple[object, ...], list[int]] = {}
    for run_id, values in zip(run_ids, of_run, strict=True):
        groups.setdefault(values, []).append(run_id)
    read: list[int] = []
    members: list[int] = []
    for group in groups.values():
        if read and len(read) + len(group) > most:
            break
        read += group[:most]
        members += group
    return read, members
