"""The plot area of a chart: what is drawn on it, and the cells that come out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_COLOUR = -1


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve in plot coordinates: 0 … 1 is in sight, x ascends, y upwards.

    ``band`` holds low and high of the shape of ``x``; ``dash`` is that of ``Series``.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    colour: int
    band: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    dim: bool = False
    points_only: bool = False
    letter: str = "*"
    dash: int = 0


@dataclass(slots=True)
class Canvas:
    """Cells [height, width]: a character, a colour code or ``NO_COLOUR``, and whether it is dim."""

    characters: NDArray[np.str_]
    colours: NDArray[np.int16]
    dim: NDArray[np.bool_]

    @classmethod
    def empty(cls, width: int, height: int) -> Canvas:
        """A canvas of spaces."""
        shape = (height, width)
        return cls(
            np.full(shape, " ", dtype="<U1"),
            np.full(shape, NO_COLOUR, dtype=np.int16),
            np.zeros(shape, dtype=bool),
        )

    def put(self, row: int, column: int, character: str, colour: int = NO_COLOUR) -> None:
        """Write one character; outside the canvas nothing happens."""
        height, width = self.characters.shape
        if 0 <= row < height and 0 <= column < width:
            self.characters[row, column] = character
            self.colours[row, column] = colour
            self.dim[row, column] = False

    def row_runs(self, row: int) -> list[tuple[str, int, bool]]:
        """The row as stretches of equal style: text, colour, dim."""
        characters = self.characters[row]
        key: NDArray[Any] = self.colours[row].astype(np.int32) * 2 + self.dim[row]
        cuts = np.flatnonzero(np.diff(key)) + 1
        bounds = [0, *cuts.tolist(), len(key)]
        return [
            ("".join(characters[a:b].tolist()), int(self.colours[row, a]), bool(self.dim[row, a]))
            for a, b in pairwise(bounds)
            if b > a
        ]
