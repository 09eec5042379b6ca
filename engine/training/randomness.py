"""The independent random streams of a run, all from its seed.

numpy's Generator draws them, so that a run is the same run on every device.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What is drawn. The numbers are part of every recorded run: never renumber them."""

    SPLIT = 0
    LABELS = 1
    MEMORIZATION_SPLIT = 2
    MEMORIZATION_LABELS = 3
    WEIGHTS = 4
    EPOCHS = 5


def generator(seed: int, stream: Stream, *counter: int) -> np.random.Generator:
    """The generator of one stream of one seed; ``counter`` numbers its restarts, such as epochs."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream, *counter])))
