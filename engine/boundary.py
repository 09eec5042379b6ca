"""Running the search for a boundary: rounds of runs, all lines and seeds side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Literal

from engine.devices import place
from engine.launch import run_row
from engine.specification.boundary import Bisection, Boundary, conclude
from engine.specification.errors import SpecificationError
from engine.specification.sweep import Sweep
from store.database import Store
from store.errors import StoreError
from store.queue import add_sweep, extend_sweep
from store.records import runs_with_zones, student_t, thresholds

Zone = Literal["grokking", "ungrokking", "progression"]

Key = tuple[tuple[str, Any], ...]
"""The values that make a line, by field."""


@dataclass(slots=True)
class Search:
    """The search for one boundary on each line of ``base`` × ``lines``.

    Every round asks at most one run of each line and seed; the first also tries both ends of the
    axis with the first seed of each line, to learn which side of the boundary lies where.
    """

    store: Store
    base: Sweep
    axis: str
    values: Sequence[Any]
    seeds: int
    zone: Zone
    device: str
    sweep_id: int | None = field(init=False, default=None)
    searches: dict[Key, list[Bisection]] = field(init=False, default_factory=dict)
    _points: list[dict[str, Any]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        if len(self.values) < 2:
            raise SpecificationError(
                f"{self.axis} has {len(self.values)} value; a boundary lies between two or more."
            )
        names = [name for name in self.base.axes if name not in ("seed", self.axis)]
        for values in product(*(self.base.axes[name] for name in names)):
            key = tuple(zip(names, values, strict=True))
            self.searches[key] = [Bisection(len(self.values)) for _ in range(self.seeds)]

    def rounds(self) -> Iterator[int]:
        """Queue round after round, and yield the sweep to be trained; then learn from its runs.

        Raises:
            StoreError: a run of the round did not come to its end.
        """
        wanted = {
            (key, seed, index)
            for key in self.searches
            for seed in range(self.seeds)
            for index in self._first(seed)
        }
        while wanted:
            ordered = sorted(wanted, key=lambda w: (str(w[0]), w[2], w[1]))
            run_ids = self._queue(ordered)
            assert self.sweep_id is not None
            yield self.sweep_id
            self._learn(ordered, run_ids)
            wanted = {
                (key, seed, index)
                for key, searches in self.searches.items()
                for seed, search in enumerate(searches)
                if (index := search.ask()) is not None
            }

    def boundaries(self) -> dict[Key, Boundary]:
        """The boundary of each line, when the rounds are over."""
        quantiles = student_t(self.store)
        return {
            key: conclude(self.values, searches, quantiles)
            for key, searches in self.searches.items()
        }

    def _first(self, seed: int) -> list[int]:
        last = len(self.values) - 1
        middle = Bisection(len(self.values)).ask()
        assert middle is not None
        return sorted({0, middle, last}) if seed == 0 else [middle]

    def _queue(self, wanted: Sequence[tuple[Key, int, int]]) -> list[int]:
        new = [
            {**dict(key), self.axis: self.values[index], "seed": seed}
            for key, seed, index in wanted
        ]
        self._points += new
        wanted_device = place(self.device)
        asked = replace(self.base, points=tuple(new), axes={})
        rows = [{**run_row(config), "device": wanted_device} for config in asked.runs()]
        text = replace(self.base, points=tuple(self._points), axes={}).to_toml()
        if self.sweep_id is None:
            self.sweep_id, run_ids = add_sweep(self.store, self.base.name, text, rows)
            return run_ids
        return extend_sweep(self.store, self.sweep_id, text, rows)

    def _learn(self, wanted: Sequence[tuple[Key, int, int]], run_ids: Sequence[int]) -> None:
        limits = thresholds(self.store)
        runs = {run["run_id"]: run for run in runs_with_zones(self.store, run_ids)}
        for run_id in run_ids:
            state = runs[run_id]["state"] if run_id in runs else "removed"
            if state not in ("finished", "diverged"):
                raise StoreError(
                    f"Run {run_id} of the search is {state}; a boundary needs runs that finished."
                )
        inside = _INSIDE[self.zone]
        for (key, seed, index), run_id in zip(wanted, run_ids, strict=True):
            self.searches[key][seed].outcomes[index] = inside(runs[run_id], limits)
        for searches in self.searches.values():
            first, last = (searches[0].outcomes[i] for i in (0, len(self.values) - 1))
            for search in searches:
                search.rising = last or not first


def _generalizes(run: dict[str, Any], limits: dict[str, float]) -> bool:
    return (run["validation_accuracy"] or 0.0) >= limits["critical"]


def _in_zone(zone: Zone) -> Callable[[dict[str, Any], dict[str, float]], bool]:
    return lambda run, _: bool(run["zone"] == zone)


_INSIDE: dict[Zone, Callable[[dict[str, Any], dict[str, float]], bool]] = {
    "grokking": _generalizes,  # as the view critical_size has it: also without delay
    "ungrokking": _in_zone("ungrokking"),
    "progression": _in_zone("progression"),
}
