"""The figures of the study (Huang et al. 2024, arXiv 2402.15175), and of its neighbours.

Ungrokking is of Varma et al. 2023 (arXiv 2309.02390); double descent over training time and over
training size of Nakkiran et al. 2020 (arXiv 1912.02292), here read from the runs of fig6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from engine.specification.errors import SpecificationError, nearest

Scale = Literal["laptop", "paper"]
Descent = Literal["epoch-wise", "sample-wise"]
Kind = Literal[
    "panels of curves",
    "curves in one",
    "lines over size",
    "capacity",
    "lines over width",
    "lines over parameters",
]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: how it is drawn, and what the paper found in it."""

    name: str
    kind: Kind
    metrics: tuple[str, ...]  # drawn, columns of metrics or of phase_grid
    found: str
    takeaways: tuple[int, ...] = ()  # that its data decide, alone or with others
    source: str | None = None  # the figure whose runs it is another look at
    descent: Descent | None = None
    title: str | None = None  # where that of its preset says something else

    def preset(self, scale: Scale) -> str:
        """The name of its preset, which is also that of its sweep in a store."""
        name = self.source or self.name
        return f"laptop/{name}" if scale == "laptop" else name

    def parents(self, scale: Scale) -> str | None:
        """The preset whose runs those of this figure are forks of; None for most."""
        return f"{self.preset(scale)}-parents" if self.name == "ungrokking" else None


_BOTH = ("train_accuracy", "validation_accuracy")
_ONE = ("validation_accuracy",)

FIGURES: Final[Mapping[str, Figure]] = {
    figure.name: figure
    for figure in (
        Figure("fig2", "panels of curves", _BOTH,
               "Progression, ungrokking, grokking and semi-grokking, in that order."),
        Figure("fig3", "lines over size", _ONE,
               "Every model memorizes fast; wider models need less data.", (1,)),
        Figure("fig4", "capacity", (),
               "Capacity rises with width; the spread over seeds is small.", (2,)),
        Figure("fig5", "panels of curves", _BOTH,
               "Bumps in training accuracy as validation rises; seeds differ."),
        Figure("fig6", "lines over width", _BOTH,
               "Below the crossing: up, down, up again. Above it: no dip.", (3, 5)),
        Figure("fig7", "lines over width", _BOTH,
               "A task that is harder to generalize has the deeper dip.", (6,)),
        Figure("fig8", "lines over parameters", _ONE,
               "Near zero until the model is far larger than addition alone needs.", (7,)),
        Figure("fig9", "curves in one", ("parameter_norm",),
               "The norm rises in progression and falls in grokking.", (4,)),
        Figure("fig10", "lines over parameters", _ONE,
               "Splitting the feed-forward layer brings addition back to smaller models.", (8,)),
        Figure("ungrokking", "curves in one", _ONE,
               "A grokked network that goes on with fewer pairs than the critical size forgets."),
        Figure("epoch-wise", "panels of curves", _BOTH,
               "Nakkiran et al.: test error may fall, rise and fall again while a model trains.",
               source="fig6", descent="epoch-wise", title="Double descent over training time"),
        Figure("sample-wise", "lines over size", _ONE,
               "Nakkiran et al.: more data may make a model worse.",
               source="fig6", descent="sample-wise", title="Double descent over training size"),
    )
}  # fmt: skip
"""By name, in the order of the paper."""


def figure(name: str) -> Figure:
    """The figure of a name.

    Raises:
        SpecificationError: there is none.
    """
    if name not in FIGURES:
        raise SpecificationError(f"There is no figure '{name}'; {nearest(name, FIGURES)}")
    return FIGURES[name]
