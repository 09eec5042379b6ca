"""Which devices are here, found without torch."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from shutil import which
from subprocess import SubprocessError, run

from engine.specification.errors import SpecificationError


def detect() -> list[str]:
    """The devices of this machine, the best first: 'cuda:0', …, 'mps', and always 'cpu'."""
    found = [f"cuda:{index}" for index in range(_cuda_count())]
    if sys.platform == "darwin" and platform.machine() == "arm64":
        found.append("mps")
    return [*found, "cpu"]


def resolve(device: str) -> list[str]:
    """The devices that ``device`` names: itself, or for 'auto' every GPU, else the CPU.

    Raises:
        SpecificationError: this machine has no such device.
    """
    here = detect()
    if device == "auto":
        return [name for name in here if name != "cpu"] or ["cpu"]
    name = "cuda:0" if device == "cuda" else device
    if name not in here:
        raise SpecificationError(
            f"There is no device '{device}' here; there are {', '.join(here)} (or auto)."
        )
    return [name]


def place(device: str) -> str:
    """What a run in the queue says of where it may train: 'auto', or one device of this machine.

    Raises:
        SpecificationError: this machine has no such device.
    """
    return "auto" if device == "auto" else resolve(device)[0]


def _cuda_count() -> int:
    folder = Path("/proc/driver/nvidia/gpus")
    if folder.is_dir():
        return len(list(folder.iterdir()))
    if which("nvidia-smi") is None:
        return 0
    try:
        listing = run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=True)
    except (SubprocessError, OSError):
        return 0
    return sum(line.startswith("GPU ") for line in listing.stdout.splitlines())
