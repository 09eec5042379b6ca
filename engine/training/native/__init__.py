"""The C++ step of one-layer models, compiled on first use where a compiler exists.

``pip install`` needs no compiler, and neither does training: without one the step is PyTorch's.
The library is kept in the user's cache folder under a name made from the source, the compiler and
the processor, so that a second start takes no time.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import platformdirs
import torch

SOURCES = ("train.cpp", "one_layer.h", "arithmetic.h")
FLAGS = ("-O3", "-march=native", "-std=c++17", "-fno-math-errno", "-fno-trapping-math")
LINKING = ("-shared", "-fPIC", "-pthread")
COMPILERS = ("g++", "clang++", "c++")
COMPILING_TAKES_AT_MOST = 120  # seconds
SWITCH = "GROK_TUI_NATIVE"  # an environment variable: 0 keeps to PyTorch

log = logging.getLogger(__name__)


@cache
def library(dtype: torch.dtype) -> ctypes.CDLL | None:
    """The compiled step for float32 or float64; None where it cannot be had."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if os.environ.get(SWITCH) == "0":
        return None
    if compiler is None:
        log.warning("There is no C++ compiler; PyTorch trains, several times slower.")
        return None
    try:
        return ctypes.CDLL(
            str(_compiled(compiler, "double" if dtype == torch.float64 else "float"))
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("The C++ step cannot be had (%s); PyTorch trains, slower.", error)
        return None


def _compiled(compiler: str, real: str) -> Path:
    """The path of the library, compiled now if it is not in the cache."""
    here = Path(__file__).parent
    version = subprocess.run(
        [compiler, "--version"], capture_output=True, timeout=COMPILING_TAKES_AT_MOST, check=True
    )
    parts = [(here / name).read_bytes() for name in SOURCES]
    parts += [version.stdout, " ".join((*FLAGS, real, platform.machine())).encode(), _processor()]
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    cache_folder = Path(platformdirs.user_cache_dir("grok-tui"))
    target = cache_folder / f"one-layer-{real}-{digest}.so"
    if target.exists():
        return target
    cache_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder) as folder:
        fresh = Path(folder) / target.name
        subprocess.run(
            [compiler, *FLAGS, f"-DREAL={real}", *LINKING, str(here / SOURCES[0]), "-o", fresh],
            capture_output=True,
            timeout=COMPILING_TAKES_AT_MOST,
            check=True,
        )
        fresh.replace(target)  # whole or not at all, also when two workers start at once
    return target


def _processor() -> bytes:
    """What -march=native depends on: the instructions that this processor has."""
    try:
        lines = Path("/proc/cpuinfo").read_bytes().splitlines()
    except OSError:
        return platform.processor().encode()
    return next((line for line in lines if line.startswith((b"flags", b"Features"))), b"")
