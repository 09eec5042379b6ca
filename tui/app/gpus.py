"""The NVIDIA GPUs of this machine, as their driver sees them."""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU. What it does not tell is None."""

    name: str
    use: float | None
    """The share of the last moments in which it computed: 0 … 1."""
    memory_used: int | None
    """Bytes, like the total."""
    memory_total: int | None
    celsius: int | None


def gpus() -> tuple[list[Gpu], str]:
    """The GPUs, or a sentence that says why none can be seen."""
    nvml, why = _library()
    if nvml is None:
        return [], why
    try:
        count = int(nvml.nvmlDeviceGetCount())
        return [_look(nvml, nvml.nvmlDeviceGetHandleByIndex(i)) for i in range(count)], ""
    except nvml.NVMLError as error:
        return [], f"the NVIDIA driver does not answer: {error}"


@cache
def _library() -> tuple[Any, str]:
    """The module that asks the driver, ready to use; without it, why.

    It takes 4 MB, so that it is imported only where there is a driver to ask.
    """
    if not _has_driver():
        return None, "no NVIDIA driver"
    try:
        nvml = importlib.import_module("pynvml")
    except ImportError:
        return None, "to see NVIDIA GPUs here: pip install nvidia-ml-py"
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None, "no NVIDIA driver"
    return nvml, ""


def _has_driver() -> bool:
    try:
        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return False
    return True


def _look(nvml: Any, handle: Any) -> Gpu:
    def told(question: Callable[[], Any]) -> Any:
        try:
            return question()
        except nvml.NVMLError:  # a part of a GPU, or an old one, does not tell everything
            return None

    name = told(lambda: nvml.nvmlDeviceGetName(handle))
    memory = told(lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
    use = told(lambda: nvml.nvmlDeviceGetUtilizationRates(handle))
    celsius = told(lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
    return Gpu(
        name.decode() if isinstance(name, bytes) else str(name or "GPU"),
        None if use is None else use.gpu / 100,
        None if memory is None else int(memory.used),
        None if memory is None else int(memory.total),
        None if celsius is None else int(celsius),
    )
