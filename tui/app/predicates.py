"""What a filter compiles to: it can be asked of one run, and of all runs at once.

Ten thousand runs one by one take as long as four frames. Column by column they take a part of
one, because a column has few different values, and each is tested once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

Run = Mapping[str, Any]
Column = Callable[[str], Sequence[Any]]
"""From a key to its value in each run."""


@dataclass(frozen=True, slots=True)
class Term:
    """Holds where the value of one of the keys passes the test; negated, where none does."""

    keys: tuple[str, ...]
    test: Callable[[Any], bool]
    negated: bool = False

    def __call__(self, run: Run) -> bool:
        """Whether it holds for a run."""
        return any(self.test(run.get(key)) for key in self.keys) is not self.negated

    def over(self, column: Column, count: int) -> NDArray[np.bool_]:
        """For which of the runs it holds."""
        found = np.zeros(count, dtype=bool)
        for key in self.keys:
            tested = _Tested(self.test)
            values = column(key)
            # a list, as of tags, has no hash
            passes = [self.test(v) if v.__class__ is list else tested[v] for v in values]
            found |= np.array(passes, dtype=bool)
        return ~found if self.negated else found


class _Tested(dict[Any, bool]):
    """The test's word on each value, asked once."""

    def __init__(self, test: Callable[[Any], bool]) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, value: Any) -> bool:
        passes = self[value] = self._test(value)
        return passes


@dataclass(frozen=True, slots=True)
class Predicate:
    """Passes where all terms of one of the alternatives hold."""

    alternatives: tuple[tuple[Term, ...], ...]

    def __call__(self, run: Run) -> bool:
        """Whether a run passes."""
        return any(all(term(run) for term in terms) for terms in self.alternatives)

    def of(self, run_ids: Sequence[int], column: Column) -> list[int]:
        """The runs that pass, where ``column`` has the values of these runs in their order."""
        count = len(run_ids)
        found = np.zeros(count, dtype=bool)
        for terms in self.alternatives:
            every = np.ones(count, dtype=bool)
            for term in terms:
                every &= term.over(column, count)
            found |= every
        return list(compress(run_ids, found.tolist()))
