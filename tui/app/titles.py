"""What is written above the columns of runs, where that is not the key itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TITLES: Final[Mapping[str, str]] = {
    "run_id": "run",
    "train_size": "train",
    "validation_accuracy": "val acc",
    "best_validation_accuracy": "best",
    "train_accuracy": "tr acc",
    "validation_loss": "val loss",
    "memorized_at": "mem at",
    "generalized_at": "gen at",
    "learning_rate": "lr",
    "weight_decay": "wd",
    "progress": "done",
    "since": "age",
}
"""From a key to its title; filters understand both."""
