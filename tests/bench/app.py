"""What the app promises, measured in a real pseudo-terminal on a large store.

    python -m tests.bench.app [--rows 20000000] [--runs 10000] [--store FOLDER] [--json]

First paint, key to frame in each view, traffic and processor time while idle and while 24 curves
are live, resident memory. The store is built first, and kept and used again where ``--store`` is
given.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import threading
import time
from pathlib import Path

import psutil

from engine.launch import run_row
from engine.specification.config import RunConfig
from store.database import Store
from store.queue import add_sweep
from store.spool import Batch, SpoolWriter, ingest
from tests.bench.store_scale import fill
from tests.tui.app.stores import curve
from tests.tui.app.terminal import Terminal

VIEW_KEYS = {
    "1 Runs": "jjjjjjjkkjjj>r>rjjGgjj",
    "2 Curves": ".lllhhlLHlll.y+ll-0ysss",
    "3 Grid": "lljjhkkllhhjkmmmmmmmmf",
    "5 System": "1515151515",
}


def first_paint(store: Path, state: Path) -> float:
    """Seconds from starting the process to the first frame."""
    began = time.perf_counter()
    with Terminal(store, state, 140, 40) as terminal:
        terminal.wait_for("1 Runs", 30)
        return time.perf_counter() - began


def key_to_frame(terminal: Terminal, key: str) -> float | None:
    """Seconds from a key to the first bytes of its frame; None if nothing was painted."""
    terminal.read(0.05)
    while terminal.read(0.03):
        pass
    began = time.perf_counter()
    terminal.send(key)
    return time.perf_counter() - began if terminal.read_some(1.0) else None


def type_text(terminal: Terminal, text: str) -> None:
    """Type as a person does: a burst may be taken for a paste."""
    for character in text:
        terminal.send(character)
        terminal.read(0.03)


def rows_to_curve(store: Store, terminal: Terminal, name: str) -> float:
    """Seconds from the commit of a new sweep's first rows to a curve of it on the screen.

    The sweep's newest run is the first of the table, and the cursor is there.
    """
    newest = (
        "SELECT max(run_id) FROM metric_log JOIN run_config USING (run_id) "
        "JOIN sweep USING (sweep_id) WHERE sweep.name = $name"
    )
    run_id = None
    while run_id is None:
        time.sleep(0.02)
        with store.read() as connection:
            run_id = connection.execute(newest, {"name": name}).fetchall()[0][0]
    began = time.perf_counter()
    terminal.wait_for(f" {run_id} ")
    terminal.send("g")
    terminal.wait_for(f"━ {run_id} ")  # the legend of its parameter norm
    return time.perf_counter() - began


def usage(terminal: Terminal, seconds: float) -> tuple[float, float]:
    """KB a second to the terminal, and the share of one core, over a time."""
    process = psutil.Process(terminal.process.pid)
    before, cpu = len(terminal.received), process.cpu_times()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        terminal.read(0.2)
    after = process.cpu_times()
    spent = after.user + after.system - cpu.user - cpu.system
    return (len(terminal.received) - before) / seconds / 1000, spent / seconds


def live(store: Store, name: str, stop: threading.Event) -> None:
    """Twenty-four runs that train: a row each, once a second, as a worker writes them."""
    configs = [
        RunConfig(modulus=29, width=w, train_size=400, seed=s, steps=100_000)
        for w in (4, 8, 16, 32)
        for s in range(6)
    ]
    rows = [{**run_row(c), "device": "auto"} for c in configs]
    _, ids = add_sweep(store, name, "", rows)
    writer = SpoolWriter(store.layout, "bench")
    events = [
        {"run_id": i, "attempt": 1, "state": "running", "step": 0, "worker_id": "bench"}
        for i in ids
    ]
    shapes = {i: curve(c.width, 400, c.seed, 4000) for i, c in zip(ids, configs, strict=True)}
    for tick in range(1000):
        upto = min(20 + tick, 60)
        metrics = [
            {"run_id": i, "attempt": 1, **shapes[i][k]}
            for i in ids
            for k in (range(20) if tick == 0 else range(upto - 1, upto))
            if k < len(shapes[i])
        ]
        writer.write(Batch(metrics=metrics, events=events if tick == 0 else []))
        ingest(store, 10.0)
        if stop.wait(1.0):
            break
    ended = [
        {"run_id": i, "attempt": 1, "state": "stopped", "step": 0, "worker_id": "bench"}
        for i in ids
    ]
    writer.write(Batch(events=ended))
    ingest(store, 10.0)


def measure(store: Store) -> dict[str, float]:
    """Every figure by name; seconds, KB/s, shares and MB."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        paints = [first_paint(store.root, state) for _ in range(5)]
        found["first paint, s (median of 5)"] = statistics.median(paints)
        with Terminal(store.root, state, 140, 40) as terminal:
            began = time.perf_counter()
            terminal.wait_for("runs ·", 60)
            found["runs listed after, s"] = time.perf_counter() - began
            while terminal.read(2.0):
                pass
            found["all zones read after, s"] = time.perf_counter() - began - 2.0
            for view, keys in VIEW_KEYS.items():
                terminal.send("\x1b" + view[0])
                terminal.wait_for(view)
                while terminal.read(0.5):
                    pass
                times = [t for key in keys * 3 if (t := key_to_frame(terminal, key)) is not None]
                times.sort()
                found[f"key to frame in {view[2:]}, p50, ms"] = statistics.median(times) * 1000
                found[f"key to frame in {view[2:]}, p95, ms"] = times[int(len(times) * 0.95)] * 1000
            terminal.send("1")
            while terminal.read(1.0):
                pass
            found["idle, KB/s"], found["idle, share of a core"] = usage(terminal, 5)
            process = psutil.Process(terminal.process.pid)
            found["resident memory, MB"] = process.memory_info().rss / 1e6
            stop = threading.Event()
            name = f"live-{time.time_ns() // 1000:x}"  # not those of an earlier measurement
            worker = threading.Thread(target=live, args=(store, name, stop))
            with Terminal(store.root, state / "new", 140, 40) as fresh:  # sorted by run id
                fresh.wait_for("runs ·", 60)
                worker.start()
                found["first rows to curve, s"] = rows_to_curve(store, fresh, name)
            try:
                type_text(terminal, f"/sweep={name}")
                terminal.send("\r")
                terminal.wait_for("24 of ")
                terminal.send("ua2")
                terminal.wait_for("24 runs")
                terminal.read(2.0)
                found["24 live curves, KB/s"], found["24 live curves, share of a core"] = usage(
                    terminal, 15
                )
                found["resident memory after, MB"] = process.memory_info().rss / 1e6
            finally:
                stop.set()
                worker.join()
    return found


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.store or Path(folder)
        fresh = not (root / "grok.duckdb").exists()
        store = Store.open(root)
        if fresh:
            fill(store, options.runs, options.rows)
        found = measure(store)
    found = {name: round(value, 3) for name, value in found.items()}
    if options.json:
        print(json.dumps({"machine": platform.platform(), **found}, indent=2))
        return
    print(
        f"{options.runs} runs, {options.rows} rows; {platform.machine()}, "
        f"{psutil.cpu_count()} cores"
    )
    for name, value in found.items():
        print(f"{name:<40} {value:>10}")


if __name__ == "__main__":
    main()
