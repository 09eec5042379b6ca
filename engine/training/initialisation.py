"""Initial weights: N(0, 1) / √fan-in, biases zero, as in Nanda et al. 2023 (arXiv 2301.05217)."""

from __future__ import annotations

import numpy as np

from engine.specification.config import RunConfig
from engine.training.layout import Floats, parameter_shapes
from engine.training.randomness import Stream, generator


def initial_weights(config: RunConfig) -> dict[str, Floats]:
    """The weights of a run before its first step, float32, by name.

    They depend on the seed and the shape of the model alone. The fan of embeddings and positions
    is d; of W_O it is all heads together, d.
    """
    draw = generator(config.seed, Stream.WEIGHTS)
    weights = {}
    for name, shape in parameter_shapes(config).items():
        if name.endswith(("b_in", "b_out")):
            weights[name] = np.zeros(shape, dtype=np.float32)
        else:
            fan = 4 * config.width if name.endswith("W_out") else config.width
            weights[name] = (draw.standard_normal(shape) / np.sqrt(fan)).astype(np.float32)
    return weights
