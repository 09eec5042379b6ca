"""A phase grid has two axes; runs of one cell that differ in a third key are on different slices.

Averaged, they would be a cell of runs that nobody made: two tasks, or two architectures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.plots.cells import Key

Slice = tuple[tuple[str, Key], ...]
"""Keys beside the axes, and the value of each on the slice; empty where one slice is all."""


def slices_of(
    axes: tuple[Sequence[Key], Sequence[Key]], others: Mapping[str, Sequence[Key]]
) -> list[Slice]:
    """The slice of each run, from its values on the axes and under the other keys.

    A key that differs between cells only, as a number of heads that goes with the width, makes no
    slices. The seed is not for ``others``: cells are means over it.
    """
    places = list(zip(*axes, strict=True))
    mixed = {key: values for key, values in others.items() if _differs_within(places, values)}
    if not mixed:
        return [()] * len(places)
    return [tuple(zip(mixed, values, strict=True)) for values in zip(*mixed.values(), strict=True)]


def in_order(slices: Sequence[Slice]) -> list[Slice]:
    """Each slice once, by its values; numbers before words."""

    def rank(one: Slice) -> list[tuple[bool, float, str]]:
        return [
            (True, 0.0, value) if isinstance(value, str) else (False, value, "") for _, value in one
        ]

    return sorted(set(slices), key=rank)


def words(one: Slice) -> str:
    """Such as ``feed_forward split, steps 4000``."""
    return ", ".join(f"{key} {_plain(value)}" for key, value in one)


def _differs_within(places: Sequence[tuple[Key, Key]], values: Sequence[Key]) -> bool:
    first: dict[tuple[Key, Key], Key] = {}
    return any(
        first.setdefault(place, value) != value for place, value in zip(places, values, strict=True)
    )


def _plain(value: Key) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
