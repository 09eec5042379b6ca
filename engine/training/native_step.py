"""The C++ step for an ensemble of one-layer models on the CPU: its data as it wants them.

See ``native/one_layer.h`` for the mathematics.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from engine.specification.config import RunConfig
from engine.specification.sizes import classes, context
from engine.training import native
from engine.training.batches import ORDER_BYTES, batch_positions
from engine.training.data import Dataset
from engine.training.evaluation import MEASURED, Numbers, segment_ends
from engine.training.step import Members

OFFSETS = (
    "embed.W_E",
    "pos_embed.W_pos",
    "blocks.0.attn.W_Q",
    "blocks.0.attn.W_K",
    "blocks.0.attn.W_V",
    "blocks.0.attn.W_O",
    "blocks.0.mlp.W_in",
    "blocks.0.mlp.b_in",
    "blocks.0.mlp.W_out",
    "blocks.0.mlp.b_out",
    "unembed.W_U",
)


class _Model(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int32) for name in ("width", "heads", "classes", "positions")),
        *((name, ctypes.c_int32) for name in ("split", "loss_in_double")),
        ("size", ctypes.c_int64),
        *((name, ctypes.c_int64) for name in OFFSETS),
    ]


class _Members(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int32) for name in ("count", "row_stride", "batch", "steps", "threads")),
        ("gradient_is_known", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("chosen", "ends", "cells")),
        *((name, ctypes.c_void_p) for name in ("labels", "parts", "order", "rates", "flat")),
        *((name, ctypes.c_void_p) for name in ("exp_avg", "exp_avg_sq", "gradient")),
        ("measured", ctypes.c_void_p),
    ]


def serves(config: RunConfig, device: torch.device, dtype: torch.dtype) -> bool:
    """Whether the C++ step can train runs shaped like ``config`` here."""
    return config.depth == 1 and device.type == "cpu" and native.library(dtype) is not None


class NativeStep:
    """Trains each member by itself, see :class:`engine.training.step.Step`."""

    def __init__(self, members: Members) -> None:
        library = native.library(members.flat.dtype)
        assert library is not None, "serves() was asked first"
        self._library, self._members = library, members
        configs, datasets, layout = members.configs, members.datasets, members.layout
        first = configs[0]
        self._model = _Model(
            first.width,
            first.heads,
            classes(first),
            context(first),
            first.feed_forward == "split",
            first.loss_precision == "float64",
            layout.size,
            *(layout.offsets[name] for name in OFFSETS),
        )
        table = (len(configs), max(len(data.labels) for data in datasets))
        cells = np.zeros((*table, context(first) - 1), dtype=np.int32)
        labels, parts = np.zeros(table, dtype=np.int32), np.zeros(table, dtype=np.int32)
        for member, data in enumerate(datasets):
            rows = len(data.labels)
            cells[member, :rows] = _cells(data, classes(first))
            labels[member, :rows] = data.labels
            parts[member, :rows] = data.part
        ends = np.array([segment_ends(data) for data in datasets], dtype=np.int32)
        rates = np.array(
            [(c.learning_rate, c.warmup_steps, c.weight_decay, c.beta1, c.beta2) for c in configs],
            dtype=np.float64,
        )
        self._arrays: dict[str, npt.NDArray[Any]] = {
            "ends": ends,
            "cells": cells,
            "labels": labels,
            "parts": parts,
            "rates": rates,
        }
        self._everyone = np.arange(len(configs), dtype=np.int32)
        self._gradient_is_known = False

    def train(self, step: int, until: int) -> None:
        """Take the optimizer steps after ``step`` up to ``until``, in place."""
        batch = self._members.configs[0].batch_size
        at_once = until - step
        if batch:
            at_once = max(1, ORDER_BYTES // (4 * batch * len(self._members.configs)))
        while step < until:
            steps = min(at_once, until - step)
            order = {"order": self._order(step, steps)} if batch else {}
            arguments = self._arguments(
                self._everyone,
                steps=steps,
                batch=batch,
                gradient_is_known=self._gradient_is_known and not batch,
                **order,
            )
            self._library.train(ctypes.byref(self._model), arguments, ctypes.c_int64(step))
            self._gradient_is_known = False
            step += steps

    def measure(self, members: Sequence[int]) -> Numbers:
        """See :meth:`engine.training.step.Step.measure`.

        If these are all members and steps are full batch, the next step takes the gradients as
        they are.
        """
        measured = np.zeros((len(self._everyone), MEASURED))
        chosen = np.array(members, dtype=np.int32)
        arguments = self._arguments(chosen, measured=measured)
        self._library.measure(ctypes.byref(self._model), arguments)
        self._gradient_is_known = set(members) == set(self._everyone.tolist())
        return measured[chosen]

    def _order(self, step: int, steps: int) -> npt.NDArray[np.int32]:
        """The rows [E, steps, batch] of the mini-batches from ``step`` on."""
        drawn = [
            [batch_positions(config, data.training_rows, at) for at in range(step, step + steps)]
            for config, data in zip(self._members.configs, self._members.datasets, strict=True)
        ]
        return np.array(drawn, dtype=np.int32)

    def _arguments(
        self,
        chosen: npt.NDArray[np.int32],
        *,
        steps: int = 1,
        batch: int = 0,
        gradient_is_known: bool = False,
        **arrays: npt.NDArray[Any],
    ) -> Any:
        """What the library is called with: addresses of arrays, which stay with the caller."""
        known = self._arrays | arrays
        members = _Members(
            count=len(chosen),
            row_stride=known["labels"].shape[1],
            batch=batch,
            steps=steps,
            threads=torch.get_num_threads(),
            gradient_is_known=gradient_is_known,
            chosen=chosen.ctypes.data,
            flat=self._members.flat.data_ptr(),
            exp_avg=self._members.exp_avg.data_ptr(),
            exp_avg_sq=self._members.exp_avg_sq.data_ptr(),
            gradient=self._members.gradient.data_ptr(),
            **{name: array.ctypes.data for name, array in known.items()},
        )
        return ctypes.byref(members)


def _cells(data: Dataset, n: int) -> npt.NDArray[np.int64]:
    """The table row of every token but ``=``: elements first, in a mixture operators, elements."""
    cells = data.tokens[:, :-1].copy()
    if cells.shape[1] == 3:
        cells[:, 1] -= 1  # operators are the tokens n + 1 and n + 2, rows n and n + 1
        cells[:, 2] += n + 2
    else:
        cells[:, 1] += n
    return cells
