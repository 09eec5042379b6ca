# ruff: noqa: N815 (fields are tensors and carry their shapes in their names)
"""Logits and gradients of stacked one-layer models in PyTorch, the backward pass by hand.

The same mathematics as ``native/one_layer.h``, for devices and machines without a compiler: keys
and values are functions of a table of (token, position) rows, the query of ``=`` is the same for
every row, and with e = exp(score) and u = e · value per table row the attention of a training row
is (sum of its u) / (sum of its e), e repeated over the width of its head.

Shapes in names: E members, N rows, R table rows, d width, M = 4d, P classes, H heads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from engine.specification.config import RunConfig
from engine.specification.sizes import classes, context
from engine.training.batches import padded
from engine.training.data import equals_token, operator_token
from engine.training.general import Rows, Views, column_sums, hidden_mask

SAFE = 60.0  # e^60 and its products are far from overflow in float32


class _Table(NamedTuple):
    """The (token, position) rows, one block of rows for each position but the last, then ``=``."""

    token_R: Tensor
    position_R: Tensor
    row_VC: Tensor  # the table row of a token at a position
    equals: int  # the row of ``=``; rows behind it repeat it


def table(config: RunConfig, device: torch.device) -> _Table:
    """The table of all members shaped like ``config``."""
    elements = list(range(classes(config)))
    operators = [operator_token(config, part) for part in (0, 1)]
    blocks = [elements, operators, elements] if config.memorization_size else [elements, elements]
    token = [each for block in blocks for each in block]
    position = [place for place, block in enumerate(blocks) for _ in block]
    row = torch.zeros(classes(config) + 3, context(config), dtype=torch.long)
    row[token, position] = torch.arange(len(token))
    behind = padded(len(token) + 1) - len(token)
    token_R = torch.tensor(token + [equals_token(config)] * behind)
    position_R = torch.tensor(position + [len(blocks)] * behind)
    return _Table(token_R.to(device), position_R.to(device), row.to(device), len(token))


@dataclass(slots=True)
class _Forward:
    """What the backward pass needs of the forward pass."""

    cells: list[Tensor]  # for each position but the last, rows of the stacked tables [E * N]
    T_ERd: Tensor
    K_ERd: Tensor
    V_ERd: Tensor
    e_ERd: Tensor
    u_ERd: Tensor
    q_E1d: Tensor
    denominator_ENd: Tensor
    z_ENd: Tensor
    x1_ENd: Tensor
    hidden_ENM: Tensor
    x2_ENd: Tensor


def forward(
    views: Views, config: RunConfig, t: _Table, tokens_ENC: Tensor, part_EN: Tensor
) -> tuple[Tensor, _Forward]:
    """Logits [E, N, P] at ``=``, and what :func:`write_gradient` needs."""
    E, N, C = tokens_ENC.shape
    attn, mlp = "blocks.0.attn.", "blocks.0.mlp."
    T_ERd = views["embed.W_E"][:, t.token_R] + views["pos_embed.W_pos"][:, t.position_R]
    R, d = T_ERd.shape[1:]
    K_ERd, V_ERd = torch.bmm(T_ERd, views[attn + "W_K"]), torch.bmm(T_ERd, views[attn + "W_V"])
    q_E1d = torch.bmm(T_ERd, views[attn + "W_Q"])[:, t.equals : t.equals + 1]
    score_ERH = (K_ERd * q_E1d).view(E, R, config.heads, -1).sum(-1) / _root(config)
    score_ERH -= score_ERH[:, t.equals : t.equals + 1].clone()
    # beyond SAFE the shift grows, so that nothing overflows; below, it is the score of "="
    score_ERH -= (score_ERH.amax(1, keepdim=True) - SAFE).clamp_min_(0)
    e_ERd = score_ERH.exp_().repeat_interleave(d // config.heads, dim=2)
    u_ERd = e_ERd * V_ERd

    both_R2d = torch.cat([u_ERd, e_ERd], dim=2).flatten(0, 1)
    offset_E1 = torch.arange(E, device=tokens_ENC.device)[:, None] * R
    cells = [
        (t.row_VC[:, place][tokens_ENC[:, :, place]] + offset_E1).flatten()
        for place in range(C - 1)
    ]
    read_EN2d = both_R2d.index_select(0, cells[0]).view(E, N, 2 * d)
    for rows in cells[1:]:
        read_EN2d += both_R2d.index_select(0, rows).view(E, N, 2 * d)
    read_EN2d += both_R2d.view(E, R, 2 * d)[:, t.equals : t.equals + 1]
    denominator_ENd = read_EN2d[:, :, d:].contiguous()
    z_ENd = read_EN2d[:, :, :d] / denominator_ENd

    x1_ENd = torch.baddbmm(T_ERd[:, t.equals : t.equals + 1], z_ENd, views[attn + "W_O"])
    hidden_ENM = torch.baddbmm(views[mlp + "b_in"], x1_ENd, views[mlp + "W_in"]).relu_()
    if config.feed_forward == "split":
        hidden_ENM *= hidden_mask(config, part_EN)
    x2_ENd = torch.baddbmm(x1_ENd + views[mlp + "b_out"], hidden_ENM, views[mlp + "W_out"])
    logits_ENP = torch.bmm(x2_ENd, views["unembed.W_U"])
    return logits_ENP, _Forward(
        cells, T_ERd, K_ERd, V_ERd, e_ERd, u_ERd, q_E1d, denominator_ENd, z_ENd, x1_ENd,
        hidden_ENM, x2_ENd,
    )  # fmt: skip


def write_gradient(views: Views, gradient: Views, config: RunConfig, t: _Table, rows: Rows) -> None:
    """Write the gradient of every member's mean loss into the views ``gradient``.

    d_x is the gradient of x.
    """
    logits_ENP, f = forward(views, config, t, rows.tokens, rows.part)
    attn, mlp = "blocks.0.attn.", "blocks.0.mlp."
    E, R, d = f.T_ERd.shape
    precision = torch.float64 if config.loss_precision == "float64" else logits_ENP.dtype
    d_logits = logits_ENP.to(precision).softmax(-1)
    d_logits.scatter_add_(2, rows.labels[:, :, None], -torch.ones_like(d_logits[:, :, :1]))
    d_logits_ENP = d_logits.mul_(rows.weight[:, :, None]).to(logits_ENP.dtype)

    gradient["unembed.W_U"].copy_(_product(f.x2_ENd, d_logits_ENP))
    d_x2_ENd = torch.bmm(d_logits_ENP, _t(views["unembed.W_U"]))
    gradient[mlp + "W_out"].copy_(_product(f.hidden_ENM, d_x2_ENd))
    gradient[mlp + "b_out"].copy_(column_sums(d_x2_ENd))
    d_hidden_ENM = torch.bmm(d_x2_ENd, _t(views[mlp + "W_out"]))
    torch.ops.aten.threshold_backward.grad_input(
        d_hidden_ENM, f.hidden_ENM, 0, grad_input=d_hidden_ENM
    )
    gradient[mlp + "W_in"].copy_(_product(f.x1_ENd, d_hidden_ENM))
    gradient[mlp + "b_in"].copy_(column_sums(d_hidden_ENM))
    d_x1_ENd = torch.baddbmm(d_x2_ENd, d_hidden_ENM, _t(views[mlp + "W_in"]))
    gradient[attn + "W_O"].copy_(_product(f.z_ENd, d_x1_ENd))
    d_sum_ENd = torch.bmm(d_x1_ENd, _t(views[attn + "W_O"])).div_(f.denominator_ENd)
    read_EN2d = torch.cat([d_sum_ENd, -d_sum_ENd * f.z_ENd], dim=2).flatten(0, 1)

    d_both = torch.ops.aten.embedding_dense_backward(read_EN2d, f.cells[0], E * R, -1, False)
    # every row also reads "=": its sums are those of all rows of the first position
    d_equals_E12d = column_sums(d_both.view(E, R, 2 * d))
    for cells in f.cells[1:]:
        d_both += torch.ops.aten.embedding_dense_backward(read_EN2d, cells, E * R, -1, False)
    d_both_ER2d = d_both.view(E, R, 2 * d)
    d_both_ER2d[:, t.equals] += d_equals_E12d[:, 0]

    d_u_ERd, d_e_ERd = d_both_ER2d[:, :, :d], d_both_ER2d[:, :, d:]
    d_V_ERd = f.e_ERd * d_u_ERd
    lanes_ERd = f.u_ERd * d_u_ERd + f.e_ERd * d_e_ERd
    d_score_ERH = lanes_ERd.view(E, R, config.heads, -1).sum(-1) / _root(config)
    d_score_ERd = d_score_ERH.repeat_interleave(d // config.heads, dim=2)
    d_K_ERd, d_q_E1d = d_score_ERd * f.q_E1d, column_sums(d_score_ERd * f.K_ERd)
    d_Q_ERd = torch.zeros_like(d_K_ERd)
    d_Q_ERd[:, t.equals] = d_q_E1d[:, 0]
    d_T_ERd = torch.zeros_like(d_K_ERd)
    d_T_ERd[:, t.equals] = column_sums(d_x1_ENd)[:, 0]
    for name, d_projected in (("W_Q", d_Q_ERd), ("W_K", d_K_ERd), ("W_V", d_V_ERd)):
        gradient[attn + name].copy_(_product(f.T_ERd, d_projected))
        d_T_ERd = torch.baddbmm(d_T_ERd, d_projected, _t(views[attn + name]))
    for name, index_R in (("embed.W_E", t.token_R), ("pos_embed.W_pos", t.position_R)):
        add_rows(gradient[name], index_R, d_T_ERd)


def add_rows(sums_EVd: Tensor, index_R: Tensor, x_ERd: Tensor) -> None:
    """Write sums of rows: those of ``x_ERd`` with index v to row v of ``sums_EVd``."""
    if x_ERd.is_cuda:
        sums_EVd.copy_(sorted_sums(sums_EVd.shape[1], index_R, x_ERd))
    else:
        sums_EVd.zero_().index_add_(1, index_R, x_ERd)


def sorted_sums(rows: int, index_R: Tensor, x_ERd: Tensor) -> Tensor:
    """The same sums [E, V, d] in a fixed order: ``index_add_`` adds in any order on CUDA."""
    E, R, d = x_ERd.shape
    index_ER = index_R + torch.arange(E, device=x_ERd.device)[:, None] * rows
    sums: Tensor = torch.ops.aten.embedding_dense_backward(
        x_ERd.reshape(E * R, d), index_ER.flatten(), E * rows, -1, False
    )
    return sums.view(E, rows, d)


def _root(config: RunConfig) -> float:
    return float((config.width // config.heads) ** 0.5)


def _t(W_Eio: Tensor) -> Tensor:
    return W_Eio.transpose(1, 2)


def _product(x_ENi: Tensor, d_ENo: Tensor) -> Tensor:
    return torch.bmm(_t(x_ENi), d_ENo)
