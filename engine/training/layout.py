"""Where each parameter lies: by name and shape in a checkpoint, by offset in the flat buffer.

The names and shapes are those of TransformerLens. In the flat buffer the heads of a projection lie
side by side, [d, heads * d_head], so that all heads are one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt
from torch import Tensor

from engine.specification.config import RunConfig
from engine.specification.sizes import classes, context, vocabulary

ALIGNMENT = 64  # numbers; each parameter starts on a cache line and no vector loop has a remainder
EXP_AVG = "adam.exp_avg."
EXP_AVG_SQ = "adam.exp_avg_sq."

Floats = npt.NDArray[np.float32]


def parameter_shapes(config: RunConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every parameter, in the order of computation."""
    d, heads = config.width, config.heads
    d_head = d // heads
    shapes: dict[str, tuple[int, ...]] = {
        "embed.W_E": (vocabulary(config), d),
        "pos_embed.W_pos": (context(config), d),
    }
    for layer in range(config.depth):
        shapes |= {
            f"blocks.{layer}.attn.W_Q": (heads, d, d_head),
            f"blocks.{layer}.attn.W_K": (heads, d, d_head),
            f"blocks.{layer}.attn.W_V": (heads, d, d_head),
            f"blocks.{layer}.attn.W_O": (heads, d_head, d),
            f"blocks.{layer}.mlp.W_in": (d, 4 * d),
            f"blocks.{layer}.mlp.b_in": (4 * d,),
            f"blocks.{layer}.mlp.W_out": (4 * d, d),
            f"blocks.{layer}.mlp.b_out": (d,),
        }
    return shapes | {"unembed.W_U": (d, classes(config))}


@dataclass(frozen=True)
class Layout:
    """The flat buffer of one run: a place for every parameter, zeros between them."""

    shapes: dict[str, tuple[int, ...]]

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Where each parameter begins."""
        sizes = [-(-prod(shape) // ALIGNMENT) * ALIGNMENT for shape in self.shapes.values()]
        starts = np.cumsum([0, *sizes[:-1]]).tolist()
        return dict(zip(self.shapes, starts, strict=True))

    @cached_property
    def size(self) -> int:
        """Numbers in the buffer of one run, padding included."""
        name, shape = list(self.shapes.items())[-1]
        return self.offsets[name] + -(-prod(shape) // ALIGNMENT) * ALIGNMENT

    def pack(self, tensors: dict[str, Floats], prefix: str = "") -> Floats:
        """The flat buffer [size] that holds the tensors named ``prefix + name``.

        Raises:
            ValueError: a tensor is missing or has another shape.
        """
        flat = np.zeros(self.size, dtype=np.float32)
        for name, shape in self.shapes.items():
            tensor = tensors.get(prefix + name)
            if tensor is None or tensor.shape != shape:
                found = "is missing" if tensor is None else f"has shape {list(tensor.shape)}"
                raise ValueError(
                    f"The tensor '{prefix}{name}' {found}; it should be {list(shape)}."
                )
            merged = tensor.transpose(1, 0, 2) if _is_projection(name) else tensor
            flat[self.offsets[name] :][: tensor.size] = merged.reshape(-1)
        return flat

    def unpack(self, flat: Floats, prefix: str = "") -> dict[str, Floats]:
        """The tensors of a flat buffer [size], as copies named ``prefix + name``."""
        tensors = {}
        for name, shape in self.shapes.items():
            part = flat[self.offsets[name] :][: prod(shape)]
            if _is_projection(name):
                heads, d, d_head = shape
                part = part.reshape(d, heads, d_head).transpose(1, 0, 2)
            tensors[prefix + name] = np.array(part.reshape(shape), order="C")
        return tensors

    def views(self, flat_EF: Tensor) -> dict[str, Tensor]:
        """Every parameter of stacked buffers as a view: [E, rows, columns], biases [E, 1, n]."""
        views = {}
        for name, shape in self.shapes.items():
            if _is_projection(name):
                rows, columns = shape[1], shape[0] * shape[2]
            else:
                rows, columns = prod(shape[:-1]), shape[-1]
            part = flat_EF[:, self.offsets[name] :][:, : rows * columns]
            views[name] = part.view(-1, rows, columns)
        return views


def _is_projection(name: str) -> bool:
    return name.endswith((".W_Q", ".W_K", ".W_V"))
