"""Finding the boundary of a zone with few runs: bisection along one axis, for each seed its own.

A run's data and weights depend on its seed alone, and a smaller training set is a subset of a
larger one, so along an axis each seed has one place where its outcome changes. Bisection finds it
in log2 of the number of values; the mean over seeds has an interval by Student's t distribution.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Literal

Place = Literal["within", "above", "below"]


@dataclass(slots=True)
class Bisection:
    """The search of one seed over ``count`` ordered values, known by their indices.

    ``rising`` says whether outcomes turn from false to true along the axis.
    """

    count: int
    rising: bool = True
    outcomes: dict[int, bool] = field(default_factory=dict)

    def bracket(self) -> tuple[int, int]:
        """The neighbours in question: outcomes change after the first and before the second.

        -1 and ``count`` stand for beyond the ends. When they are adjacent the search is over.
        """
        low, high = -1, self.count
        while high - low > 1:
            middle = (low + high) // 2
            outcome = self.outcomes.get(middle)
            if outcome is None:
                break
            if outcome == self.rising:
                high = middle
            else:
                low = middle
        return low, high

    def ask(self) -> int | None:
        """The index to be tried next; None when the boundary is found."""
        low, high = self.bracket()
        return (low + high) // 2 if high - low > 1 else None


@dataclass(frozen=True, slots=True)
class Boundary:
    """The boundary of one line, over its seeds.

    ``value`` is the mean over seeds of the middle between the two neighbouring values at which the
    outcome changes; ``low`` and ``high`` its 95 % interval, at least as wide as their distance.
    A seed whose boundary lies beyond the values counts as the nearest of them, which is a bound;
    where this is more than half of the seeds, all three are None.
    """

    value: float | None
    low: float | None
    high: float | None
    place: Place
    seeds: int
    beyond: int  # seeds whose boundary lies beyond the values
    runs: int


def conclude(
    values: Sequence[float], searches: Sequence[Bisection], quantiles: Mapping[int, float]
) -> Boundary:
    """The boundary from finished searches, one for each seed.

    ``quantiles`` are of Student's t for a two-sided 95 % interval, by degrees of freedom.
    """
    brackets = [search.bracket() for search in searches]
    runs = sum(len(search.outcomes) for search in searches)
    n, last = len(searches), len(values) - 1
    above = sum(high > last for _, high in brackets)
    below = sum(low < 0 for low, _ in brackets)
    if 2 * max(above, below) > n:
        place: Place = "above" if above > below else "below"
        return Boundary(None, None, None, place, n, above + below, runs)
    clipped = [(values[max(low, 0)], values[min(high, last)]) for low, high in brackets]
    middles = [(low + high) / 2 for low, high in clipped]
    resolution = fmean(high - low for low, high in clipped) / 2
    spread = quantiles.get(n - 1, 1.96) * stdev(middles) / math.sqrt(n) if n > 1 else 0.0
    half, value = max(spread, resolution), fmean(middles)
    return Boundary(value, value - half, value + half, "within", n, above + below, runs)
