"""What the app promises, measured in a real pseudo-terminal on a large store.

    python -m tests.bench.app [--rows 20000000] [--runs 10000] [--store FOLDER] [--json]
        [--keys]

First paint, key to frame in each view, traffic and processor time while idle and while 24 curves
are live, resident memory. The store is built first, and kept and used again where ``--store`` is
given.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import select
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
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

ESCAPE, ENTER, RUN, DOWN, UP, ERASE = "\x1b", "\r", "\x12", "\x04", "\x15", "\x7f"
VIEW_KEYS = {
    "1 Runs": [*"jjjjjjjkkjjj>r>rjjGgjjllhh [[]]XX", DOWN, DOWN, UP],
    "2 Curves": [*".lllhhlLHlll.y+ll-0yssssmmmmmmXX", ENTER, ENTER],
    "3 Grid": [*"lljjhkkllhhjk jj klmmmmmmmmmmfflj"],
    "5 System": [*"1525361315"],
}
"""What is pressed in each view, again until there are enough keys; options end as they began."""
ENOUGH = 90
ROWS_ASKED = 150_000
QUERY = f"SELECT * FROM metric_log LIMIT {ROWS_ASKED}"
QUICK = "SELECT now() AS answer"
FRAME_GAP = 0.004  # seconds: what comes later belongs to another frame
MOST_WAIT = 0.3  # seconds: a key that has no answer then has none
ALL_GAP = 0.15  # seconds: what comes later has nothing to do with the key


def first_paint(store: Path, state: Path) -> float:
    """Seconds from starting the process to the first frame."""
    began = time.perf_counter()
    with Terminal(store, state, 140, 40) as terminal:
        terminal.wait_for("1 Runs", 30)
        return time.perf_counter() - began


class TimedTerminal(Terminal):
    """A terminal that tells how soon a key is answered.

    The clock stops before the answer is read as a screen: that takes pyte as long as the app.
    """

    def answer(self, key: str, gap: float = FRAME_GAP) -> float | None:
        """Seconds from a key to the end of its first frame; None if nothing was painted.

        With a longer ``gap`` to the end of the last frame that belongs to it.
        """
        while self.read(0.06):
            pass
        began, ended, received = time.perf_counter(), 0.0, b""
        self.send(key)
        while select.select([self._master], [], [], gap if received else MOST_WAIT)[0]:
            received += os.read(self._master, 65536)
            ended = time.perf_counter()
        self._stream.feed(received)
        self.received += received
        return ended - began if received else None


Keys = dict[str, list[tuple[str, float]]]
"""For each place where keys are pressed: the key, and seconds to its frame."""


def press(terminal: TimedTerminal, keys: Sequence[str], least: int = 0) -> list[tuple[str, float]]:
    """Press keys, again until ``least`` of them were answered."""
    times: list[tuple[str, float]] = []
    while True:
        found = [(key, terminal.answer(key)) for key in keys]
        times += [(key, time) for key, time in found if time is not None]
        if len(times) >= least:
            return times


def keys_in_views(terminal: TimedTerminal) -> Keys:
    """Views, and changing between them."""
    found: Keys = {}
    for view, keys in VIEW_KEYS.items():
        terminal.send(view[0])
        terminal.wait_for(view)
        settle(terminal)
        if view == "3 Grid":  # after the newest sweep comes the oldest, which has the grid
            terminal.send("]")
            terminal.wait_for("scale")
        found[view[2:]] = press(terminal, keys, ENOUGH)
    return found


def keys_in_sql(terminal: TimedTerminal) -> Keys:
    """Typing a query, going through its rows, and another one to its first row."""
    terminal.send("4")
    terminal.wait_for("F5 or ^r runs")
    settle(terminal)
    terminal.send("i")
    select_all = "\x1b[18~"
    terminal.send(select_all)
    typed = press(terminal, QUERY)
    terminal.send(RUN)
    terminal.wait_for("x exports all")
    terminal.send(ESCAPE)  # to the rows
    settle(terminal)
    moved = press(terminal, [*"jjjjkkGkkgllhh", DOWN, DOWN, UP, DOWN], ENOUGH)
    terminal.send("i")
    terminal.send(select_all)
    typed += press(terminal, QUICK)
    found = [(RUN, terminal.answer(RUN, ALL_GAP)) for _ in range(20)]
    asked = [(key, seconds) for key, seconds in found if seconds is not None]
    terminal.send(ESCAPE)
    return {"SQL's editor": typed, "SQL's rows": moved, "a quick query, to its rows": asked}


def keys_in_filter(terminal: TimedTerminal) -> Keys:
    """Typing a filter over all runs, and erasing it."""
    terminal.send("1")
    settle(terminal)
    terminal.send("/")
    settle(terminal)
    words = ["width>=32 zone=grokking", "train_size=3000,4000", "scale !tag:old"]
    times = [t for text in words for t in press(terminal, [*text, *(ERASE for _ in text)])]
    terminal.send(ESCAPE)
    settle(terminal)
    return {"the filter bar": times}


def settle(terminal: Terminal) -> None:
    """Read until the app is quiet."""
    while terminal.read(0.5):
        pass


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


def measure(store: Store, show_keys: bool = False) -> dict[str, float]:
    """Every figure by name; seconds, KB/s, shares and MB."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        paints = [first_paint(store.root, state) for _ in range(5)]
        found["first paint, s (median of 5)"] = statistics.median(paints)
        terminal = TimedTerminal(store.root, state, 140, 40)
        with terminal:
            began = time.perf_counter()
            terminal.wait_for("runs ·", 60)
            found["runs listed after, s"] = time.perf_counter() - began
            while terminal.read(2.0):
                pass
            found["all zones read after, s"] = time.perf_counter() - began - 2.0
            for press_in in (keys_in_views, keys_in_filter):
                found |= percentiles(press_in(terminal), show_keys)
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
                terminal.wait_for("24 runs, marked · overview · log step")
                terminal.read(2.0)
                found["24 live curves, KB/s"], found["24 live curves, share of a core"] = usage(
                    terminal, 15
                )
                found["resident memory after, MB"] = process.memory_info().rss / 1e6
            finally:
                stop.set()
                worker.join()
        asking = TimedTerminal(store.root, state / "sql", 140, 40)
        with asking:
            asking.wait_for("runs ·", 60)
            settle(asking)
            found |= percentiles(keys_in_sql(asking), show_keys)
            process = psutil.Process(asking.process.pid)
            found["resident memory with an SQL result, MB"] = process.memory_info().rss / 1e6
    return found


def percentiles(keys: Keys, show_keys: bool) -> dict[str, float]:
    """The median and the 95th percentile of each place, in milliseconds."""
    found = {}
    for place, times in keys.items():
        ordered = sorted(seconds * 1000 for _, seconds in times)
        found[f"key to frame in {place}, p50, ms"] = statistics.median(ordered)
        found[f"key to frame in {place}, p95, ms"] = ordered[int(len(ordered) * 0.95)]
        if show_keys:
            show(place, times)
    return found


def show(place: str, times: Sequence[tuple[str, float]]) -> None:
    """Print the times of each key, the slowest last."""
    by_key: dict[str, list[float]] = {}
    for key, seconds in times:
        by_key.setdefault(key, []).append(seconds * 1000)
    print(place, len(times), "keys")
    for key, found in sorted(by_key.items(), key=lambda item: max(item[1])):
        print(f"    {key!r:<8}", *(f"{ms:.0f}" for ms in sorted(found)))


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keys", action="store_true", help="every key's times too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.store or Path(folder)
        fresh = not (root / "grok.duckdb").exists()
        store = Store.open(root)
        if fresh:
            fill(store, options.runs, options.rows)
        found = measure(store, options.keys)
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
