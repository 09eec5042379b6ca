"""Double descent over training time and over training size, in words: what the data say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tui.plots.numbers import format_number

if TYPE_CHECKING:
    from tui.paper.figures import Descent

Row = dict[str, Any]


def verdict(descent: Descent, found: Sequence[Row]) -> str:
    """What the rows of ``epoch_wise_table`` or ``sample_wise_table`` say; empty where none are."""
    deepest = max(
        (row for row in found if row["depth"] is not None), key=lambda r: r["depth"], default=None
    )
    if deepest is None:
        return ""
    return (_over_time if descent == "epoch-wise" else _over_sizes)(found, deepest)


def _over_time(found: Sequence[Row], deepest: Row) -> str:
    dips = [row for row in found if row["dips"]]
    seen = sum(not row["disturbed"] for row in dips)
    return (
        f"{'Seen' if seen else 'Not seen'} in accuracy: of {deepest['of_runs']} runs {len(dips)} "
        f"fall and come back, {seen} of them without a fall of training accuracy too. The deepest "
        f"falls by {_n(deepest['depth'])}, training by "
        f"{_n(max(0.0, deepest['training_before'] - deepest['training']))} (d {deepest['d']}, "
        f"D {deepest['D']}, seed {deepest['seed']}, step {deepest['step']})."
    )


def _over_sizes(found: Sequence[Row], deepest: Row) -> str:
    dips = [row for row in found if row["dips"]]
    return (
        f"{'Seen' if dips else 'Not seen'}: at {len(dips)} of {len(found)} widths more data make "
        f"a model worse. The deepest fall is {_n(deepest['depth'])} "
        f"[{_n(deepest['low'])}, {_n(deepest['high'])}] (d {deepest['d']}, D {deepest['D_dip']})."
    )


def _n(value: float) -> str:
    return format_number(value, 3)
