"""The forward pass of stacked models of any depth, and its gradient by autograd.

The same function as :class:`engine.textbook.TextbookTransformer`, for all members of an ensemble
at once. In the last layer only the last position has a query, an MLP and logits.

A member's numbers do not depend on its companions, bit for bit on the CPU: a batched matrix
product computes each member alone, and what is summed over rows (biases, positions) is a matrix
product with ones, because PyTorch splits plain sums differently when there is one member.

Shapes in names: E members, N rows, C positions, V tokens, d width, M = 4d, P classes.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from engine.specification.config import RunConfig

Views = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Rows:
    """Training rows of all members. Padding rows have weight 0 and otherwise count as any row."""

    tokens: Tensor  # [E, N, C]
    labels: Tensor  # [E, N]
    part: Tensor  # [E, N], which half of a split feed-forward layer
    weight: Tensor  # [E, N], of a row in its member's mean loss: 1 / rows of the member


def logits(views: Views, config: RunConfig, tokens_ENC: Tensor, part_EN: Tensor) -> Tensor:
    """Logits [E, N, P] at the last position; ``config`` gives the shape of all members.

    With precision bf16 all matrix products but the last are in it: a logit near 30 would be rounded
    to a multiple of 1/8, and the loss with it.
    """
    with _bf16(tokens_ENC.device) if config.precision == "bf16" else nullcontext():
        x_ENd = _layers(views, config, tokens_ENC, part_EN)
    return torch.bmm(x_ENd, views["unembed.W_U"])


def _bf16(device: torch.device) -> torch.autocast:
    """Without a cache of casts: each weight is used once, and a captured graph must share none."""
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False)


def _layers(views: Views, config: RunConfig, tokens_ENC: Tensor, part_EN: Tensor) -> Tensor:
    """The residual stream [E, N, d] at the last position."""
    E, _, C = tokens_ENC.shape
    W_E, W_pos = views["embed.W_E"], views["pos_embed.W_pos"]
    V, d = W_E.shape[1:]
    offset_E11 = torch.arange(E, device=tokens_ENC.device).mul_(V)[:, None, None]
    x_ENCd = functional.embedding(tokens_ENC + offset_E11, W_E.reshape(E * V, d))
    x_ENCd = _AddRow.apply(x_ENCd.flatten(2), W_pos.flatten(1)[:, None])  # type: ignore[no-untyped-call]
    x_ENCd = x_ENCd.view(E, -1, C, d)
    for layer in range(config.depth):
        block = f"blocks.{layer}."
        read = slice(C - 1, C) if layer == config.depth - 1 else slice(0, C)
        mixed_ENCd = _attention(views, block + "attn.", x_ENCd, read, config.heads)
        x_ENCd = x_ENCd[:, :, read] + mixed_ENCd
        x_ENCd = x_ENCd + _mlp(views, block + "mlp.", x_ENCd, part_EN, config)
    x_ENd: Tensor = x_ENCd.flatten(1, 2)
    return x_ENd


def _attention(views: Views, prefix: str, x_ENCd: Tensor, read: slice, heads: int) -> Tensor:
    """What the heads write at the positions ``read``: the last, or all of them, causally."""
    E, N = x_ENCd.shape[:2]

    def project(name: str, x: Tensor) -> Tensor:  # [E * N, heads, positions, d_head]
        y = _linear(x, views[prefix + name])
        return y.view(E * N, x.shape[2], heads, -1).transpose(1, 2)

    q, k, v = project("W_Q", x_ENCd[:, :, read]), project("W_K", x_ENCd), project("W_V", x_ENCd)
    causal = q.shape[2] > 1
    with _attention_kernels(q.device):
        z = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return _linear(z.transpose(1, 2).reshape(E, N, q.shape[2], -1), views[prefix + "W_O"])


def _attention_kernels(device: torch.device) -> AbstractContextManager[None]:
    """On CUDA those that take batches beyond 65 535, as rows of many members are."""
    if device.type != "cuda":
        return nullcontext()
    kernels: AbstractContextManager[None] = sdpa_kernel(
        [SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
    )
    return kernels


def _mlp(views: Views, prefix: str, x_ENCd: Tensor, part_EN: Tensor, config: RunConfig) -> Tensor:
    W_in, b_in, W_out, b_out = (views[prefix + name] for name in ("W_in", "b_in", "W_out", "b_out"))
    hidden_ENCM = _affine(x_ENCd, W_in, b_in).relu_()
    if config.feed_forward == "split":
        hidden_ENCM = hidden_ENCM * hidden_mask(config, part_EN)[:, :, None]
    return _affine(hidden_ENCM, W_out, b_out)


def hidden_mask(config: RunConfig, part_EN: Tensor) -> Tensor:
    """Which hidden units [E, N, M] of a split feed-forward layer belong to the part of a row."""
    half = 2 * config.width
    owner_M = torch.arange(2 * half, device=part_EN.device) // half
    return owner_M == part_EN[:, :, None]


PARTIAL_SUMS = 16  # rows come in multiples of it, see engine.training.batches


def column_sums(x_ENi: Tensor) -> Tensor:
    """Sums over rows [E, 1, i], as products with ones.

    First every sixteenth row is summed, which rounds less; which rows go together does not depend
    on how many rows of padding follow. On CUDA, where companions may change bits anyway, a sum: it
    needs no matrix of ones that a captured graph would have to keep.
    """
    if x_ENi.is_cuda:
        return x_ENi.sum(1, keepdim=True)
    E, N, _ = x_ENi.shape
    every_ESN = _every_sixteenth(N, x_ENi.dtype, x_ENi.device).expand(E, -1, -1)
    return torch.bmm(x_ENi.new_ones(E, 1, PARTIAL_SUMS), torch.bmm(every_ESN, x_ENi))


@lru_cache(maxsize=8)
def _every_sixteenth(rows: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    ones_SS = torch.eye(PARTIAL_SUMS, dtype=dtype, device=device)
    return ones_SS.repeat(1, rows // PARTIAL_SUMS)[None]


def _linear(x_ENCi: Tensor, W_Eio: Tensor) -> Tensor:
    return torch.bmm(x_ENCi.flatten(1, 2), W_Eio).view(*x_ENCi.shape[:3], -1)


class _AddRow(torch.autograd.Function):
    """Add a row to every row; its gradient is a matrix product with ones."""

    @staticmethod
    def forward(ctx: Any, x_ENi: Tensor, b_E1i: Tensor) -> Tensor:
        return x_ENi + b_E1i

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        (g_ENi,) = gradients
        return g_ENi, column_sums(g_ENi)


class _Affine(torch.autograd.Function):
    """Multiply by a matrix and add a row, in one pass over the result."""

    @staticmethod
    def forward(ctx: Any, x_ENi: Tensor, W_Eio: Tensor, b_E1o: Tensor) -> Tensor:
        ctx.save_for_backward(x_ENi, W_Eio)
        return torch.baddbmm(b_E1o, x_ENi, W_Eio)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        (g_ENo,) = gradients
        # in the precision that autocast gave to the product
        x_ENi, W_Eio = (saved.to(g_ENo.dtype) for saved in ctx.saved_tensors)
        return (
            torch.bmm(g_ENo, W_Eio.transpose(1, 2)),
            torch.bmm(x_ENi.transpose(1, 2), g_ENo),
            column_sums(g_ENo),
        )


def _affine(x_ENCi: Tensor, W_Eio: Tensor, b_E1o: Tensor) -> Tensor:
    y: Tensor = _Affine.apply(x_ENCi.flatten(1, 2), W_Eio, b_E1o)  # type: ignore[no-untyped-call]
    return y.view(*x_ENCi.shape[:3], -1)


def write_gradient(views: Views, gradient: Views, config: RunConfig, rows: Rows) -> None:
    """Write the gradient of every member's mean loss into the views ``gradient``."""
    leaves = {name: view.detach().requires_grad_() for name, view in views.items()}
    precision = torch.float64 if config.loss_precision == "float64" else torch.float32
    with torch.enable_grad():
        logits_ENP = logits(leaves, config, rows.tokens, rows.part)
        precise_ENP = logits_ENP.to(torch.promote_types(precision, logits_ENP.dtype))
        losses = functional.cross_entropy(
            precise_ENP.flatten(0, 1), rows.labels.flatten(), reduction="none"
        )
    weights = rows.weight.flatten().to(losses.dtype)
    parts = torch.autograd.grad(losses, list(leaves.values()), grad_outputs=weights)
    torch._foreach_copy_([gradient[name] for name in leaves], list(parts))
