"""The configuration of one run: everything that its outcome depends on, and nothing else."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_type_hints

Precision = Literal["float32", "tf32", "bf16"]
LossPrecision = Literal["float32", "float64"]
FeedForward = Literal["dense", "split"]


def _setting(
    default: Any, help: str, least: float | None = None, below: float | None = None
) -> Any:
    """A field with its one-line meaning and its range: ``least`` ≤ value < ``below``."""
    return field(default=default, metadata={"help": help, "least": least, "below": below})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """One model trained on one data set with one seed.

    Fields are validated by :func:`engine.specification.validation.check`, not here, so that a
    specification with several mistakes can be answered with a sentence about the first.
    """

    # the data
    task: str = _setting(
        "add", "add, subtract, multiply, divide, square_of_sum, x2_xy_y2, s5 or random"
    )
    modulus: int = _setting(
        113, "P; operands and answers are 0 … P-1 (s5 has 120 elements instead)", 2
    )
    train_size: int = _setting(3000, "D: training pairs of the task", 1)
    memorization_size: int = _setting(
        0, "mixture: this many randomly labelled subtraction pairs are trained too; 0 for none", 0
    )
    # the model
    width: int = _setting(64, "d: width of the residual stream", 1)
    depth: int = _setting(1, "layers", 1)
    heads: int = _setting(4, "attention heads; they divide the width", 1)
    feed_forward: FeedForward = _setting(
        "dense", "dense, or split: half of the intermediate width for each task of a mixture"
    )
    # the training
    seed: int = _setting(0, "of the initial weights, the data split and random labels", 0)
    steps: int = _setting(20_000, "optimizer steps: the budget", 1)
    batch_size: int = _setting(0, "pairs in a step; 0 for the whole training set", 0)
    learning_rate: float = _setting(1e-3, "of AdamW, after warm-up", 0.0)
    weight_decay: float = _setting(1.0, "decoupled, of AdamW", 0.0)
    beta1: float = _setting(0.9, "of AdamW", 0.0, 1.0)
    beta2: float = _setting(0.98, "of AdamW", 0.0, 1.0)
    warmup_steps: int = _setting(10, "linear warm-up of the learning rate", 0)
    precision: Precision = _setting("float32", "of matrix products; tf32 and bf16 need CUDA")
    loss_precision: LossPrecision = _setting("float32", "of the cross entropy and its softmax")
    evaluations: int = _setting(120, "points of the learning curve, about", 2)
    stop_when_settled: bool = _setting(False, "stop early once validation stays perfect")


FIELDS: dict[str, dataclasses.Field[Any]] = {f.name: f for f in dataclasses.fields(RunConfig)}
"""Every field by name, in the order of the class; ``metadata['help']`` says what it means."""

TYPES: dict[str, type] = {
    name: (str if get_args(hint) else hint) for name, hint in get_type_hints(RunConfig).items()
}
"""The plain type of every field."""

CHOICES: dict[str, tuple[str, ...]] = {
    name: get_args(hint) for name, hint in get_type_hints(RunConfig).items() if get_args(hint)
}
"""The allowed words of the fields that have a closed set of them."""
