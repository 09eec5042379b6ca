from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.plots.pictures import assert_golden
from tui.plots.cells import MEASURES, Cell, aggregate
from tui.plots.grid import Frontier, GridStyle, render_grid
from tui.plots.svg import text_to_svg


def runs() -> list[dict[str, Any]]:
    """A 5 × 8 plane of two seeds each, finished on the left, running and queued on the right."""
    made: list[dict[str, Any]] = []
    for width in (4, 8, 16, 32, 64):
        for train_size in range(200, 600, 50):
            for seed in (0, 1):
                zone = "ungrokking" if train_size < 300 else "grokking"
                if width == 4:
                    zone = "progression"
                if train_size == 300 and seed == 1:
                    zone = "semi-grokking"
                state = "queued" if train_size > 500 else "finished"
                if train_size == 500:
                    state = "running"
                made.append(
                    {
                        "run_id": len(made) + 1,
                        "width": width,
                        "train_size": train_size,
                        "state": state,
                        "zone": zone if state == "finished" else None,
                        "progress": {"finished": 1.0, "running": 0.37, "queued": 0.0}[state],
                        "validation_accuracy": None if state == "queued" else width / 64,
                        "memorized_at": 500,
                        "generalized_at": None if train_size < 300 else 8500,
                    }
                )
    return made


FRONTIERS = (
    Frontier("critical size", "┃", "|", {8: 310, 16: 300, 32: 290, 64: 240}),
    Frontier("capacity", "┇", ":", {4: 210, 8: 310, 16: 460}),
)


def test_zones_by_letter_with_curves_over_them() -> None:
    look = GridStyle("demo", cursor=(8, 300), marked=frozenset({(64, 250)}), frontiers=FRONTIERS)
    cells = aggregate(runs(), "width", "train_size")
    assert_golden("grid_zones", render_grid(cells, "width", "train size", 72, look=look))


def test_zones_in_ascii() -> None:
    look = GridStyle("demo", frontiers=FRONTIERS, ascii_only=True, colour=False)
    text = render_grid(
        aggregate(runs(), "width", "train_size"), "width", "train size", 72, look=look
    )
    assert text.plain.isascii()
    assert not text.spans
    assert_golden("grid_ascii", text)


@pytest.mark.parametrize("measure", [m for m in MEASURES if m != "zone"])
def test_values(measure: str) -> None:
    cells = aggregate(runs(), "width", "train_size", measure)
    text = render_grid(cells, "width", "train size", 72, look=GridStyle(measure=measure))
    assert MEASURES[measure].title in text.plain
    if measure == "validation_accuracy":
        assert_golden("grid_validation", text)


def test_what_does_not_fit_is_said_and_the_cursor_is_in_sight() -> None:
    cells = aggregate(runs(), "width", "train_size")
    text = render_grid(cells, "width", "train size", 32, 10, GridStyle(cursor=(8, 550)))
    assert "8 shown" in text.plain or "of 8" in text.plain
    assert "550" in text.plain
    assert max(len(line) for line in text.plain.split("\n")) <= 32


def test_a_cell_counts_its_seeds() -> None:
    cell = next(
        c for c in aggregate(runs(), "width", "train_size") if (c.row, c.column) == (8, 300)
    )
    assert cell.zones == {"grokking": 1, "semi-grokking": 1}
    assert cell.mixed
    assert cell.zone == "semi-grokking"
    assert len(cell.run_ids) == 2


def test_live_states() -> None:
    def live(*states: str, progress: float = 0.0) -> str:
        rows: list[dict[str, Any]] = [
            {"run_id": i, "a": 1, "b": 1, "state": s, "progress": progress}
            for i, s in enumerate(states)
        ]
        return aggregate(rows, "a", "b")[0].live

    assert live("queued", "queued") == "queued"
    assert live("queued", "running") == "running"
    assert live("finished", "queued", progress=0.5) == "running"
    assert live("finished", "failed") == "done"
    assert live("running", "dead", "queued") == "dead"


@pytest.mark.parametrize(("ascii_only", "glyph"), [(False, "†"), (True, "!")])
def test_a_cell_whose_worker_is_gone_says_so(ascii_only: bool, glyph: str) -> None:
    run = {"run_id": 1, "a": 1, "b": 1, "state": "dead", "progress": 0.37, "zone": "undecided"}
    text = render_grid(
        aggregate([run], "a", "b"), "a", "b", 60, look=GridStyle(ascii_only=ascii_only)
    )
    assert f"{glyph}37%" in text.plain
    assert f"{glyph} dead: its worker is gone" in text.plain


def test_axes_may_be_words_and_runs_without_a_key_stay_out() -> None:
    rows: list[dict[str, Any]] = [
        {"run_id": 1, "task": "add", "width": 8, "state": "finished", "zone": "grokking"},
        {"run_id": 2, "task": "s5", "width": 8, "state": "finished", "zone": "odd word"},
        {"run_id": 3, "task": None, "width": 8, "state": "finished", "zone": None},
    ]
    cells = aggregate(rows, "task", "width")
    assert {c.row for c in cells} == {"add", "s5"}
    assert "s5" in render_grid(cells, "task", "width", 40).plain


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 120), st.integers(1, 30), st.sampled_from(list(MEASURES)))
def test_any_size_fits(width: int, height: int, measure: str) -> None:
    cells = aggregate(runs(), "width", "train_size", measure)
    look = GridStyle("demo", measure, cursor=(64, 550), frontiers=FRONTIERS)
    lines = render_grid(cells, "width", "train size", width, height, look).plain.split("\n")
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def test_an_empty_grid_and_an_svg() -> None:
    assert render_grid([], "width", "train size", 40).plain is not None
    cells: list[Cell] = aggregate(runs(), "width", "train_size")
    svg = text_to_svg(render_grid(cells, "width", "train size", 72), "phase & grid")
    assert svg.startswith("<svg")
    assert "phase" in svg
    assert "&amp;" in svg
