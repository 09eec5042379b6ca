"""What is read of a store that grows: only what is new, and the same as reading everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store.catalog import remove
from store.database import Store
from store.queue import request
from store.spool import Batch, SpoolWriter, ingest
from tests.tui.app.driving import Driver, drive
from tests.tui.app.stores import curve, make_store
from tui.app.curvecache import CurveCache, CurveKind
from tui.app.library import CurveRequest, Library
from tui.app.runtable import RunTable

KIND = CurveKind("step", True, ("train_loss", "validation_accuracy"), False)
RUN = 25  # running in the store that make_store makes: width 32, 200 pairs, 45 of its 60 rows


def write(store: Store, metrics: list[dict[str, Any]], events: list[dict[str, Any]] = []) -> None:  # noqa: B006
    SpoolWriter(store.layout, "cpu-test").write(Batch(metrics=metrics, events=events))
    ingest(store, 10.0)


def rows_of(run_id: int, attempt: int, first: int, last: int) -> list[dict[str, Any]]:
    shape = curve(32, 200, 0, 4000)[first:last]
    return [{"run_id": run_id, "attempt": attempt, **row} for row in shape]


def read_anew(store: Store, kind: CurveKind) -> Any:
    wanted = CurveRequest((RUN,), kind.metrics, kind.points, kind.x, kind.log_x)
    return Library(store).curves(wanted)[RUN]


@pytest.mark.parametrize("x", ["step", "seconds", "operations"])
def test_new_rows_are_added_to_known_curves(tmp_path: Path, x: str) -> None:
    store = make_store(tmp_path / "store", running=True)
    kind = CurveKind(x, True, KIND.metrics, False)

    async def script(driver: Driver) -> None:
        app = driver.app
        app.curves.read([RUN], kind)
        # from here on a curve that is read anew would be noticed
        app.library.curves = lambda wanted: pytest.fail("read again")  # type: ignore[method-assign]
        await driver.press("5")
        for n in range(45, 50):
            write(store, rows_of(RUN, 1, n, n + 1))
            step = curve(32, 200, 0, 4000)[n]["step"]
            await driver.until(lambda: app.table.run(RUN)["step"] == step)  # noqa: B023
        assert app.curves.missing([RUN], kind) == []
        known, anew = app.curves.get([RUN], kind)[RUN], read_anew(store, kind)
        for metric in kind.metrics:
            np.testing.assert_array_equal(known[metric][0], anew[metric][0])
            np.testing.assert_array_equal(known[metric][1], anew[metric][1])

    drive(store, script, tmp_path)


def test_a_resumed_run_repeats_steps_and_its_last_attempt_counts(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", running=True)

    async def script(driver: Driver) -> None:
        app = driver.app
        app.curves.read([RUN], KIND)
        repeated = [{**row, "train_loss": 7.0} for row in rows_of(RUN, 2, 40, 44)]
        event = {"run_id": RUN, "attempt": 2, "state": "running", "step": 1, "worker_id": "other"}
        write(store, repeated, [event])
        await driver.until(lambda: app.table.run(RUN)["attempt"] == 2)
        assert app.curves.missing([RUN], KIND) == [RUN]
        app.curves.read([RUN], KIND)
        # later rows of the same attempt that repeat more steps
        write(store, [{**row, "train_loss": 8.0} for row in rows_of(RUN, 2, 44, 45)])
        await driver.until(lambda: app.curves.missing([RUN], KIND))
        app.curves.read([RUN], KIND)
        losses = app.curves.get([RUN], KIND)[RUN]["train_loss"][1]
        assert losses[40:].tolist() == [7.0] * 4 + [8.0]

    drive(store, script, tmp_path)


def test_values_of_a_running_run_follow_its_rows(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", running=True)

    async def script(driver: Driver) -> None:
        app = driver.app
        best = app.table.run(RUN)["best_validation_accuracy"]
        (row,) = rows_of(RUN, 1, 45, 46)
        write(store, [{**row, "validation_accuracy": 0.001, "train_loss": float("nan")}])
        await driver.until(lambda: app.table.run(RUN)["step"] == row["step"])
        run = app.table.run(RUN)
        assert run["validation_accuracy"] == 0.001
        assert run["best_validation_accuracy"] == best
        assert run["train_loss"] != run["train_loss"]
        memorized = {**rows_of(RUN, 1, 46, 47)[0], "train_accuracy": 1.0}
        write(store, [memorized])  # milestones come with the next look through the curves
        await driver.until(lambda: app.table.run(RUN)["memorized_at"], 15.0)

    drive(store, script, tmp_path)


def test_everything_is_read_anew_after_runs_were_removed(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", running=True)

    async def script(driver: Driver) -> None:
        app = driver.app
        app.curves.read([RUN], KIND)
        remove(store, [1, 2, 3])
        await driver.until(lambda: 1 not in app.table)
        assert app.curves.missing([RUN], KIND) == [RUN]

    drive(store, script, tmp_path)


def test_a_curve_that_grew_while_it_was_read_is_read_again(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", running=True)
    library, table = Library(store), RunTable()
    overview = library.news((), None, ()).overview
    assert overview
    table.set_overview(*overview)
    table.set_values(*library.values([RUN]))

    class Slow(Library):
        def curves(self, wanted: CurveRequest) -> Any:
            found = super().curves(wanted)
            rows = rows_of(RUN, 1, 45, 46)
            columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
            table.add_rows(RUN, columns)  # the event loop hears of a row meanwhile
            return found

    cache = CurveCache(Slow(store), table)
    cache.read([RUN], KIND)
    assert cache.missing([RUN], KIND) == [RUN]


def test_long_live_curves_stay_short_and_keep_their_extremes() -> None:
    table = RunTable()
    names = ["run_id", "sweep_id", "state", "attempt", "event_step", "operations_per_step"]
    table.set_overview(names, [(1, 1, "running", 1, 0, 1.0)])
    library: Any = type("None", (), {"curves": lambda self, wanted: {
        1: dict.fromkeys(wanted.metrics, (np.array([1.0]), np.array([0.5])))}})()  # fmt: skip
    cache = CurveCache(library, table)
    cache.read([1], KIND)
    for n in range(40):
        steps = np.arange(100) + 100 * n + 2
        loss = np.full(100, 0.5)
        loss[3] = 100.0 + n
        columns: dict[str, Any] = dict.fromkeys(
            ("train_accuracy", "validation_accuracy", "validation_loss", "parameter_norm"), loss
        )
        rows = {**columns, "step": steps, "seconds": steps / 10, "train_loss": loss}
        before = table.version(1)
        table.add_rows(1, rows)
        cache.extend(1, rows, before)
    assert cache.missing([1], KIND) == []
    x, y = cache.get([1], KIND)[1]["train_loss"]
    assert len(x) <= 2 * KIND.points
    assert y.max() == 139.0
    assert x[-1] == 4001


def test_pausing_is_seen_at_once(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", running=True)

    async def script(driver: Driver) -> None:
        request(store, [RUN], "pause")
        await driver.until(lambda: driver.app.table.run(RUN)["pending"] == "pause")

    drive(store, script, tmp_path)


def test_what_is_new_does_not_wait_until_all_old_runs_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store(tmp_path / "store", running=True)
    monkeypatch.setattr("tui.app.reading.VALUES_AT_FIRST", 1)
    monkeypatch.setattr("tui.app.reading.VALUES_AT_ONCE", 1)
    calls: list[str] = []
    values, news = Library.values, Library.news

    def count_values(self: Library, run_ids: Any) -> Any:
        found = values(self, run_ids)
        if not calls.count("values"):
            write(store, rows_of(RUN, 1, 45, 46))
        calls.append("values")
        return found

    def count_news(self: Library, *arguments: Any) -> Any:
        calls.append("news")
        return news(self, *arguments)

    monkeypatch.setattr(Library, "values", count_values)
    monkeypatch.setattr(Library, "news", count_news)

    async def script(driver: Driver) -> None:
        await driver.until(lambda: not driver.app.table.stale())

    drive(store, script, tmp_path)
    assert calls[:3] == ["news", "values", "news"]
