"""The study through keys: what is missing is trained from the view, and drawn as it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from engine.launch import submit
from engine.specification.presets import load
from store.database import Store
from store.spool import Batch, SpoolWriter, ingest
from tests.tui.app.driving import Driver, drive
from tests.tui.app.stores import curve
from tests.tui.commands.support import Program
from tui.app.screens.launch import Launch
from tui.app.study import figure_page, figure_states, page_lines
from tui.app.views.paper import PaperView


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.paper.running.ensure_workers", lambda store, device: [])
    monkeypatch.setattr("tui.app.app.GrokApp.start_workers", lambda app, device: None)


def sweeps(store: Store) -> list[str]:
    with store.read() as connection:
        return [row[0] for row in connection.execute("SELECT name FROM sweep").fetchall()]


def finish(store: Store, name: str) -> None:
    """All runs of a preset, as if a worker had trained them."""
    submitted = submit(store, load(name))
    metrics: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for run_id in submitted.run_ids:
        base = {"run_id": run_id, "attempt": 1}
        metrics += [{**base, **row} for row in curve(8, 500, 0, 4000)]
        events += [{**base, "state": "running", "step": 0, "worker_id": "w"},
                   {**base, "state": "finished", "step": 4000, "detail": ""}]  # fmt: skip
    SpoolWriter(store.layout, "w").write(Batch(metrics=metrics, events=events))
    ingest(store, 10.0)


def test_every_figure_has_a_line_with_its_state_and_price(store: Store, tmp_path: Path) -> None:
    finish(store, "laptop/fig9")

    async def script(d: Driver) -> None:
        await d.press("6")
        await d.until(lambda: "1 of 12 figures done" in d.text)
        lines = {line.split()[0]: line for line in d.text.splitlines() if "fig" in line[:6]}
        assert "not run" in lines["fig2"]
        assert "done" in lines["fig9"]
        await d.press("s")
        await d.until(lambda: "paper scale · 0 of 12" in d.text)

    drive(store, script, tmp_path)


def test_the_list_moves_like_any_table(store: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("6")
        await d.until(lambda: "0 of 12 figures done" in d.text)
        view = d.app.view
        assert isinstance(view, PaperView)
        table, names = view.focused_table, view.focused_table.keys
        await d.press("j", "j", "k")
        assert table.key == names[1]
        await d.press("ctrl+d")
        assert table.cursor > 2
        await d.press("ctrl+u")
        assert table.key == names[1]
        await d.press("G")
        assert table.key == names[11]
        await d.press("g")
        assert table.key == names[0]
        assert "figure" in d.text.split("\n")[1]
        await d.press(*["l"] * 9)
        assert "figure" not in d.text.split("\n")[1]
        await d.press(*["h"] * 9)
        assert "figure" in d.text.split("\n")[1]

    drive(store, script, tmp_path, size=(70, 24))


def test_what_is_missing_is_trained_after_a_question(store: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("6")
        await d.until(lambda: "0 of 12 figures done" in d.text)
        await d.press("v")
        assert "fig2 was not run yet" in d.notices
        await d.press("enter")
        assert "Train laptop/fig2?" in d.text
        assert "on this machine" in d.text
        await d.press("n")
        assert sweeps(store) == []
        await d.press("enter", "y")
        await d.until(lambda: sweeps(store) == ["laptop/fig2"])
        await d.until(lambda: f"0 of {len(load('laptop/fig2').runs())} runs" in d.text)
        await d.press("v")
        await d.until(lambda: "laptop/fig2" in d.text and d.app.state.view == "grid")

    drive(store, script, tmp_path)


def test_a_figure_is_drawn_with_what_the_paper_found(store: Store, tmp_path: Path) -> None:
    finish(store, "laptop/fig9")

    async def script(d: Driver) -> None:
        await d.press("6", *["j"] * 7)
        await d.until(lambda: "parameter norm" in d.text)
        assert "The paper: The norm rises in progression" in d.text
        assert "4. The parameter norm rises" in d.text
        await d.press("enter")
        assert "Nothing is missing of fig9." in d.notices
        await d.press("x", "enter")
        await d.until(lambda: list(store.layout.exports.glob("fig9-*.txt")))

    drive(store, script, tmp_path)


def test_forks_wait_for_their_parents(store: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("6")
        await d.until(lambda: "0 of 12 figures done" in d.text)
        await d.press(*["j"] * 9, "enter")
        assert "Train laptop/ungrokking-parents?" in d.text
        await d.press("y")
        await d.until(lambda: sweeps(store) == ["laptop/ungrokking-parents"])

    drive(store, script, tmp_path)


@pytest.mark.parametrize("width", [40, 100, 140])
@pytest.mark.parametrize("height", [6, 24, 40])
def test_a_page_keeps_to_its_place(store: Store, width: int, height: int) -> None:
    for state in figure_states(store, "laptop"):
        page = figure_page(store, state, "laptop")
        lines = [line.plain for line in page_lines(page, width, height, ascii_only=True)]
        assert max(map(len, lines)) <= width
        words = " ".join(lines)
        assert all(v.sentence[:20] in words for v in page.verdicts)


def test_in_a_small_terminal_the_figure_scrolls_to_its_verdict(
    store: Store, tmp_path: Path
) -> None:
    finish(store, "laptop/fig9")
    names = [state.figure.name for state in figure_states(store, "laptop")]

    async def script(d: Driver) -> None:
        await d.press("6")
        await d.until(lambda: "1 of 12 figures done" in d.text)
        await d.press(*["j"] * names.index("fig9"))
        assert f"figure {names.index('fig9') + 1} of 12" in d.text
        await d.until(lambda: "more lines: . and , scroll" in d.text)
        for _ in range(12):
            await d.press("full_stop")
        state = figure_states(store, "laptop")[names.index("fig9")]
        verdict = figure_page(store, state, "laptop").verdicts[-1]
        assert verdict.sentence[-20:] in " ".join(d.text.split())
        assert "more lines" not in d.text
        await d.press("comma")
        assert "more lines" in d.text

    drive(store, script, tmp_path, size=(80, 18))


def test_a_run_is_forked_from_its_checkpoint(tmp_path: Path) -> None:
    program = Program(tmp_path / "store")
    assert program("run", "--modulus", "11", "--width", "8", "--train-size", "60",
                   "--evaluations", "20", "--steps", "100").code == 0  # fmt: skip
    store = Store.open(tmp_path / "store")

    async def script(d: Driver) -> None:
        await d.press("F")
        form = d.app.screen
        assert isinstance(form, Launch)
        await d.until(lambda: "Fork run 1" in d.text)
        assert "│ step 100 " in d.text, "what differs between the lines of the list is not cut off"
        assert not form.query("#field-width")  # a fork keeps its parent's
        assert form.query_one("#field-steps", Input).value == "200"
        form.query_one("#field-train_size", Input).value = "40,50"
        await d.press("enter")
        await d.until(lambda: "fork of 1 at 100" in sweeps(store))

    drive(store, script, tmp_path)
    with store.read() as connection:
        rows = connection.execute(
            "SELECT train_size, parent_run_id, parent_step FROM run_config "
            "WHERE parent_run_id IS NOT NULL ORDER BY train_size"
        ).fetchall()
    assert rows == [(40, 1, 100), (50, 1, 100)]


def test_without_a_checkpoint_there_is_no_fork(own: Store, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("F")
        assert "no checkpoint to go on from" in d.notices
        await d.press("a", "F")
        assert "A fork goes on from one run" in d.notices

    drive(own, script, tmp_path)
