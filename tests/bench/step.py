"""How fast a training step is, against rivals on the same work, interleaved.

``python -m tests.bench.step [--json FILE] [--quick] [--threads N] [--device cuda]`` prints
milliseconds per step and model for each rival, model-steps per second, ratios, and the share of the
floor: the time that the matrix products of a step take at the measured sgemm rate of the machine,
or of the GPU. Every number is the median of repeats, and before any is believed, rivals must have
reached the same weights. It has not run on a GPU yet.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.specification.config import RunConfig
from tests.bench.rivals import RIVALS, Rival, finished, missing

CHECKED_STEPS = 5
AGREEMENT = 1e-3
SECONDS_A_MEASUREMENT = 0.5
RUNS_ON_A_GPU = 16  # times as many as on a CPU: an ensemble of a few runs leaves a GPU idle


@dataclass(frozen=True, slots=True)
class Work:
    """``runs`` runs of one shape, trained together."""

    modulus: int
    width: int
    train_size: int
    runs: int

    def configs(self) -> list[RunConfig]:
        return [
            RunConfig(
                modulus=self.modulus,
                width=self.width,
                train_size=self.train_size,
                seed=seed,
                warmup_steps=0,
            )
            for seed in range(self.runs)
        ]

    def operations(self) -> float:
        """Floating-point operations of the matrix products of one step of one run.

        At the answer's position alone: output projection, MLP and unembedding, forward and twice
        that backward. All rivals but ours also compute what the answer does not need.
        """
        d = self.width
        return 6.0 * self.train_size * (9 * d * d + d * self.modulus)


DEMO = [Work(29, d, D, 12) for d, D in ((4, 450), (8, 450), (16, 450), (32, 450))]
FIG6 = [
    Work(113, d, D, 8 if d < 64 else 4)
    for d in (4, 8, 16, 24, 32, 48, 64, 100)
    for D in (2600, 5000)
]
QUICK = [Work(29, 8, 450, 12), Work(113, 32, 3000, 4)]


def sgemm_rate(device: str) -> float:
    """The best rate of PyTorch's float32 matrix product there, operations per second."""
    n = 1024 if device == "cpu" else 4096
    a, b = torch.randn(n, n, device=device), torch.randn(n, n, device=device)
    finished(device)
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        torch.mm(a, b)
        finished(device)
        seconds.append(time.perf_counter() - start)
    return 2 * n**3 / min(seconds)


def measure(work: Work, repeats: int, device: str) -> dict[str, float]:
    """Seconds per step and run of every rival that is installed: medians of interleaved repeats."""
    configs = work.configs()
    rivals: dict[str, Rival] = {
        name: make(configs, device) for name, make in RIVALS.items() if name not in missing(device)
    }
    for rival in rivals.values():
        rival.take(CHECKED_STEPS)
    expected = rivals["textbook loop"].weights()
    for name, rival in rivals.items():
        apart = float(np.abs(rival.weights() - expected).max())
        if not apart < AGREEMENT:
            raise SystemExit(f"{name} disagrees with the textbook loop by {apart:.1e} on {work}.")
    steps = {name: _steps(rival) for name, rival in rivals.items()}
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(repeats):
        for name, rival in rivals.items():
            start = time.perf_counter()
            rival.take(steps[name])
            seconds[name].append((time.perf_counter() - start) / steps[name] / work.runs)
    return {name: statistics.median(each) for name, each in seconds.items()}


def _steps(rival: Rival) -> int:
    """How many steps fill a measurement; this many are taken once, so that compilation is over."""
    start = time.perf_counter()
    rival.take(CHECKED_STEPS)
    each = (time.perf_counter() - start) / CHECKED_STEPS
    steps = max(2, round(SECONDS_A_MEASUREMENT / each))
    rival.take(steps)
    return steps


def _on_a_gpu(work: Work) -> Work:
    return replace(work, runs=work.runs * RUNS_ON_A_GPU)


def _row(cells: list[str]) -> str:
    return cells[0].ljust(22) + "".join(cell.rjust(19) for cell in cells[1:])


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    parser.add_argument("--quick", action="store_true", help="two shapes instead of all")
    parser.add_argument("--threads", type=int, help="of PyTorch and our step; all cores by default")
    parser.add_argument("--device", default="cpu", help="cpu by default, or cuda:0, …")
    arguments = parser.parse_args()
    device: str = arguments.device
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError):
        parser.error(f"there is no device '{device}' here; 'cpu' is always there")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    groups = {"quick": QUICK} if arguments.quick else {"demo grid": DEMO, "mix of fig6": FIG6}
    where = f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"
    digits = 3
    if device != "cpu":
        groups = {title: [_on_a_gpu(work) for work in works] for title, works in groups.items()}
        where, digits = torch.cuda.get_device_name(device), 5
    rate = sgemm_rate(device)
    names = [name for name in RIVALS if name not in missing(device)]
    print(f"{where}, PyTorch {torch.__version__}, sgemm {rate / 1e9:.0f} GFLOP/s")
    for name, why in missing(device).items():
        print(f"missing: {name}: {why}")
    report: dict[str, Any] = {
        "sgemm_flops": rate,
        "threads": torch.get_num_threads(),
        "device": device,
        "work": [],
    }
    for title, works in groups.items():
        print(
            f"\n{title}: milliseconds per step and model\n"
            + _row(["P, d, D, runs", *names, "floor"])
        )
        totals = dict.fromkeys(names, 0.0)
        floor = 0.0
        for work in works:
            seconds = measure(work, 3 if arguments.quick else 5, device)
            least = work.operations() / rate
            floor += least
            for name in names:
                totals[name] += seconds[name]
            shape = f"{work.modulus}, {work.width}, {work.train_size}, {work.runs}"
            each = [*(seconds[name] for name in names), least]
            print(_row([shape, *(f"{1e3 * one:.{digits}f}" for one in each)]))
            report["work"].append({"group": title, **asdict(work), "floor": least, **seconds})
        best = totals[names[-1]]
        count = len(works)
        print(_row(["model-steps a second", *(f"{count / totals[n]:.0f}" for n in names)]))
        print(_row([f"{names[-1]} is faster by", *(f"{totals[n] / best:.1f}" for n in names)]))
        print(_row(["share of the floor", *(f"{floor / totals[n]:.2f}" for n in names)]))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
