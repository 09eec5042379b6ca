"""The program as its user has it: a process with arguments, two streams and an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]

TINY = """
name = "tiny"
title = "A grid that takes a second"

[base]
modulus = 11
learning_rate = 3e-3
steps = 300
evaluations = 30

[axes]
width = [4, 8]
train_size = [40, 60]
seeds = 2
"""


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Program:
    """``grok-tui`` on one store."""

    store: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")},
            "GROK_TUI_STORE": str(self.store),
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(self.store.parent / "state"),
        }

    def __call__(self, *arguments: str, stdin: str = "", cwd: Path | None = None) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "tui", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=cwd or self.store.parent,
            timeout=300,
        )
        return Done(done.returncode, done.stdout, done.stderr)
