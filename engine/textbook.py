"""The textbook transformer: short, slow and readable. Everything faster is tested against it.

Decoder-only, causal, learned positions, no layer norm, ReLU, biases in the MLP only, untied
unembedding, the answer read at the last position: the model of Nanda et al. 2023
(arXiv 2301.05217), whose width and depth Huang et al. 2024 (arXiv 2402.15175) vary. Parameters are
named and shaped as TransformerLens names and shapes them.

Shapes in names: N rows, C positions, d width, H heads, K width of a head, M = 4d, P classes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.specification.config import RunConfig
from engine.specification.sizes import classes, context, vocabulary
from engine.training.data import MEMORIZATION, operator_token
from engine.training.initialisation import initial_weights


class Embed(nn.Module):
    """Tokens to vectors."""

    def __init__(self, vocabulary: int, d: int) -> None:
        super().__init__()
        self.W_E = nn.Parameter(torch.empty(vocabulary, d))

    def forward(self, tokens_NC: Tensor) -> Tensor:
        """Vectors [N, C, d]."""
        return self.W_E[tokens_NC]


class PosEmbed(nn.Module):
    """A learned vector for each position."""

    def __init__(self, context: int, d: int) -> None:
        super().__init__()
        self.W_pos = nn.Parameter(torch.empty(context, d))

    def forward(self, x_NCd: Tensor) -> Tensor:
        """The input with positions added."""
        return x_NCd + self.W_pos


class Attention(nn.Module):
    """Causal multi-head attention without biases."""

    def __init__(self, d: int, heads: int) -> None:
        super().__init__()
        self.d_head = d // heads
        self.W_Q = nn.Parameter(torch.empty(heads, d, self.d_head))
        self.W_K = nn.Parameter(torch.empty(heads, d, self.d_head))
        self.W_V = nn.Parameter(torch.empty(heads, d, self.d_head))
        self.W_O = nn.Parameter(torch.empty(heads, self.d_head, d))

    def forward(self, x_NCd: Tensor) -> Tensor:
        """What the heads add to the residual stream, [N, C, d]."""
        q_NHCK, k_NHCK, v_NHCK = (
            torch.einsum("ncd,hdk->nhck", x_NCd, W) for W in (self.W_Q, self.W_K, self.W_V)
        )
        scores_NHCC = q_NHCK @ k_NHCK.transpose(-1, -2) / self.d_head**0.5
        future_CC = torch.ones_like(scores_NHCC[0, 0], dtype=torch.bool).triu(1)
        pattern_NHCC = scores_NHCC.masked_fill(future_CC, -torch.inf).softmax(-1)
        z_NHCK: Tensor = pattern_NHCC @ v_NHCK
        return torch.einsum("nhck,hkd->ncd", z_NHCK, self.W_O)


class MLP(nn.Module):
    """One hidden layer of 4d ReLUs; when split, each part of a mixture has half of them."""

    def __init__(self, d: int, split: bool) -> None:
        super().__init__()
        self.split = split
        self.W_in = nn.Parameter(torch.empty(d, 4 * d))
        self.b_in = nn.Parameter(torch.empty(4 * d))
        self.W_out = nn.Parameter(torch.empty(4 * d, d))
        self.b_out = nn.Parameter(torch.empty(d))

    def forward(self, x_NCd: Tensor, part_N: Tensor) -> Tensor:
        """What the layer adds to the residual stream, [N, C, d]."""
        hidden_NCM = torch.relu(x_NCd @ self.W_in + self.b_in)
        if self.split:
            half = hidden_NCM.shape[-1] // 2
            owner_M = torch.arange(2 * half, device=part_N.device) // half
            hidden_NCM = hidden_NCM * (owner_M == part_N[:, None, None])
        return hidden_NCM @ self.W_out + self.b_out


class Block(nn.Module):
    """Attention, then the MLP, each added to the residual stream."""

    def __init__(self, d: int, heads: int, split: bool) -> None:
        super().__init__()
        self.attn = Attention(d, heads)
        self.mlp = MLP(d, split)

    def forward(self, x_NCd: Tensor, part_N: Tensor) -> Tensor:
        """The residual stream after this layer."""
        x_NCd = x_NCd + self.attn(x_NCd)
        written_NCd: Tensor = self.mlp(x_NCd, part_N)
        return x_NCd + written_NCd


class Unembed(nn.Module):
    """Vectors to logits."""

    def __init__(self, d: int, classes: int) -> None:
        super().__init__()
        self.W_U = nn.Parameter(torch.empty(d, classes))

    def forward(self, x_Nd: Tensor) -> Tensor:
        """Logits [N, P]."""
        return x_Nd @ self.W_U


class TextbookTransformer(nn.Module):
    """The model of one run, at its initial weights."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__()
        d, split = config.width, config.feed_forward == "split"
        self.memorization_operator = operator_token(config, MEMORIZATION)
        self.embed = Embed(vocabulary(config), d)
        self.pos_embed = PosEmbed(context(config), d)
        self.blocks = nn.ModuleList(Block(d, config.heads, split) for _ in range(config.depth))
        self.unembed = Unembed(d, classes(config))
        weights = initial_weights(config)
        self.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})

    def forward(self, tokens_NC: Tensor) -> Tensor:
        """Logits [N, P] at the last position of token sequences [N, C]."""
        part_N = (tokens_NC[:, 1] == self.memorization_operator).long()
        x_NCd = self.pos_embed(self.embed(tokens_NC))
        for block in self.blocks:
            x_NCd = block(x_NCd, part_N)
        logits_NP: Tensor = self.unembed(x_NCd[:, -1])
        return logits_NP
