"""What a sweep costs, in words, before it is launched."""

from __future__ import annotations

from dataclasses import dataclass

from engine.devices import resolve
from engine.specification.estimate import Estimate, estimate
from engine.specification.sweep import Sweep
from tui.plots.numbers import format_bytes, format_count, format_duration


@dataclass(frozen=True, slots=True)
class Price:
    """What training takes of one device."""

    cost: Estimate
    device: str

    @property
    def facts(self) -> list[str]:
        """Runs, size, work, memory and time."""
        cost = self.cost
        return [
            f"{cost.runs} run{'s' if cost.runs != 1 else ''}",
            f"{format_count(cost.parameters)} parameters",
            f"{format_count(cost.operations)} operations",
            format_bytes(cost.memory_bytes),
            f"about {format_duration(cost.seconds)} on {self.device}",
        ]


def price(sweep: Sweep, device: str) -> Price:
    """What a sweep costs on the first device that ``device`` names.

    Raises:
        SpecificationError: a combination that is not possible, or no such device.
    """
    place = resolve(device)[0]
    return Price(estimate(sweep.runs(), place), place)
