"""The figures as text, from rows made by hand: no store, no screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tui.paper.data import FigureData
from tui.paper.drawing import Look, draw
from tui.paper.figures import FIGURES

PLAIN = Look(width=100, height=12, colour=False)


def cell(width: int, size: int, validation: float | None, **changes: Any) -> dict[str, Any]:
    return {
        "width": width, "train_size": size, "task": "add",
        "train_accuracy": 1.0, "train_interval": 0.01,
        "validation_accuracy": validation, "validation_interval": None, "parameters": width * 100,
        "best_validation_accuracy": validation, "memorization_size": 0, "feed_forward": "dense",
        **changes,
    }  # fmt: skip


def data(kind: str) -> FigureData:
    runs = [
        {"run_id": i, "width": width, "train_size": 300, "seed": 0, "zone": "grokking"}
        for i, width in enumerate((8, 64))
    ]
    steps = np.geomspace(1, 1000, 50)
    names = ("train_accuracy", "validation_accuracy", "parameter_norm")
    curves = {i: dict.fromkeys(names, (steps, steps / 1000)) for i in range(len(runs))}
    if "curves" in kind:
        return FigureData(runs=runs, curves=curves)
    if kind == "capacity":
        pairs = [
            {"width": w, "capacity": 9.0 * w, "low": 8.0 * w, "high": 10.0 * w} for w in (4, 8)
        ]
        return FigureData(cells=pairs)
    return FigureData(
        cells=[cell(w, size, w / 64, memorization_size=m)
               for w in (8, 16, 64) for size in (300, 400) for m in (0, 50)]
    )  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("width", [60, 100, 180])
def test_every_figure_keeps_within_its_width(name: str, width: int) -> None:
    look = Look(width=width, height=12, colour=False)
    lines = draw(FIGURES[name], data(FIGURES[name].kind), look).plain.split("\n")
    assert max(map(len, lines)) <= width
    assert len(lines) >= 12


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_can_be_plain_ascii_and_empty(name: str) -> None:
    look = Look(width=90, height=12, ascii_only=True, colour=False)
    assert draw(FIGURES[name], data(FIGURES[name].kind), look).plain.isascii()
    assert "yet" in draw(FIGURES[name], FigureData(), PLAIN).plain


def test_panels_stand_side_by_side_where_there_is_room() -> None:
    wide = draw(FIGURES["fig6"], data("lines"), PLAIN).plain.split("\n")
    assert wide[0].split() == ["D", "300", "D", "400"]
    narrow = draw(FIGURES["fig6"], data("lines"), Look(60, 12, colour=False)).plain.split("\n")
    assert [line.strip() for line in narrow if line.startswith("D ")] == ["D 300", "D 400"]


def test_two_tasks_have_panels_of_their_own() -> None:
    cells = [cell(w, 300, 0.5, task=task) for w in (8, 16) for task in ("add", "square_of_sum")]
    first = draw(FIGURES["fig7"], FigureData(cells=cells), PLAIN).plain.split("\n")[0]
    assert "D 300, a + b mod P" in first
    assert "D 300, (a + b)² mod P" in first


def test_a_cell_without_an_accuracy_is_left_out() -> None:
    cells = [cell(8, 300, 0.5), cell(16, 300, None), cell(32, 300, 1.0)]
    assert "validation 1" in draw(FIGURES["fig6"], FigureData(cells=cells), PLAIN).plain


def test_the_legend_names_the_lines() -> None:
    drawn = draw(FIGURES["fig8"], data("lines"), PLAIN).plain
    assert "0 memorized" in drawn
    assert "50 memorized" in drawn
    split = FigureData(cells=[cell(8, 3, 0.1), cell(8, 3, 0.2, feed_forward="split")])
    assert "split" in draw(FIGURES["fig10"], split, PLAIN).plain


def test_above_a_descent_stands_what_it_says() -> None:
    runs = data("curves")
    row = {"run": 0, "d": 8, "D": 300, "seed": 2, "step": 70, "depth": 0.3, "dips": True,
           "training_before": 1.0, "training": 0.6, "disturbed": True, "of_runs": 9}  # fmt: skip
    disturbed = FigureData(runs=runs.runs, curves=runs.curves, descents=[row])
    text = draw(FIGURES["epoch-wise"], disturbed, PLAIN).plain
    assert text.startswith("Not seen in accuracy: of 9 runs 1 fall and come back, 0 of them")
    assert "d 8, D 300, seed 2, step 70" in text.replace("\n", " ")
    seen = replace(disturbed, descents=[row, {**row, "depth": 0.2, "disturbed": False}])
    assert draw(FIGURES["epoch-wise"], seen, PLAIN).plain.startswith("Seen in accuracy")
    cells = data("lines").cells
    size = {"d": 8, "D_dip": 400, "depth": -0.1, "low": -0.2, "high": 0.0, "dips": False}
    none = {"d": 16, "D_dip": None, "depth": None, "low": None, "high": None, "dips": False}
    drawn = draw(FIGURES["sample-wise"], FigureData(cells=cells, descents=[size, none]), PLAIN)
    assert drawn.plain.startswith("Not seen: at 0 of 2 widths")
