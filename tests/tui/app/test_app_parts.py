"""The pure parts of the app: state, listing, drafts, charting, frontiers, queries, input bytes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.specification.errors import SpecificationError
from engine.specification.sweep import Sweep
from store.query import Result
from tests.tui.app.tables import table_of
from tui.app.actions import ACTIONS, VIEWS, bindings_of, footer_of
from tui.app.charting import ChartOptions, charts, mean_and_interval, seed_bands
from tui.app.drafts import changed, draft_from, field_text, placeholder, preset_drafts, values_text
from tui.app.listing import sorted_runs
from tui.app.querying import (
    PlotChoice,
    place_of_error,
    plot,
    shipped_queries,
    statements_until,
    words_like,
)
from tui.app.runtable import CONFIG_KEYS
from tui.app.screens.compare import comparison
from tui.app.state import ViewState, load_state, save_state
from tui.app.terminal import InputDecoder, is_ascii_tmux
from tui.plots.colours import RUN_COLOURS, run_colour

# state


def test_state_comes_back(tmp_path: Path) -> None:
    state = ViewState(view="grid", marked=[3, 1], smoothing=0.9, saved_queries={"a": "SELECT 1"})
    save_state(tmp_path / "deep" / "state.json", state, tmp_path)
    assert load_state(tmp_path / "deep" / "state.json") == state


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 99, "view": "grid"}', "\x00"])
def test_a_state_that_cannot_be_read_is_the_default(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert load_state(tmp_path / "state.json") == ViewState()
    assert load_state(tmp_path / "missing.json") == ViewState()


NAMES = st.sampled_from(["view", "marked", "smoothing", "log_x", "new"])
VALUES = st.none() | st.integers() | st.text() | st.lists(st.integers() | st.text())


@given(st.dictionaries(NAMES, VALUES))
def test_values_of_a_wrong_type_and_unknown_names_are_ignored(document: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        path.write_text(json.dumps({"version": 1, **document}))
        state = load_state(path)
    assert isinstance(state.view, str)
    assert isinstance(state.log_x, bool)
    assert all(isinstance(i, int) for i in state.marked)
    assert isinstance(state.smoothing, int | float)


def test_a_folder_without_permission_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    save_state(tmp_path / "file" / "state.json", ViewState(), tmp_path)


# actions


def test_no_key_has_two_meanings_in_a_view() -> None:
    for view in VIEWS:
        keys = [k for a in ACTIONS if view in a.views or not a.views for k in a.keys]
        doubled = {key for key in keys if keys.count(key) > 1}
        assert not doubled, (view, doubled)


def test_every_action_is_described_and_bound_once() -> None:
    assert len({a.id for a in ACTIONS}) == len(ACTIONS)
    assert all(a.description and a.keys and set(a.views) <= set(VIEWS) for a in ACTIONS)
    bound = [binding.action for view in ("", *VIEWS) for binding in bindings_of(view)]
    assert all(f"app.do('{a.id}')" in bound for a in ACTIONS)
    assert all(1 <= len(footer_of(view)) <= 6 for view in VIEWS)


def test_keys_that_terminals_keep_for_themselves_are_not_used() -> None:
    reserved = {"ctrl+b", "ctrl+a", "ctrl+s", "ctrl+q", "ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j"}
    assert not reserved & {key for a in ACTIONS for key in a.keys}


# the table of runs


def test_values_stay_with_their_run_when_runs_come_and_go() -> None:
    table = table_of([{"run_id": i} for i in (1, 2, 3)])
    table.set_values(["run_id", "zone"], [(1, "grokking"), (3, "ungrokking")])
    other = table_of([{"run_id": i} for i in (2, 3, 4)])
    names = [n for n in other.columns if n not in ("zone",)]
    rows = list(zip(*(other.columns[n] for n in names), strict=True))
    table.set_overview(names, rows)
    assert [run["zone"] for run in table.runs()] == [None, "ungrokking", None]
    assert 1 not in table


def test_only_new_or_changed_runs_are_read_again() -> None:
    rows: list[dict[str, Any]] = [
        {"run_id": 1},
        {"run_id": 2, "state": "running"},
        {"run_id": 3, "attempt": 0},
    ]
    table = table_of(rows)
    assert table.stale() == [1, 2]
    assert table.running() == []
    table.set_values(["run_id", "zone"], [(1, "grokking"), (2, None)])
    assert table.stale() == []
    assert table.running() == [2]


def test_keys_that_differ_come_first_to_mind() -> None:
    table = table_of([{"run_id": 1, "width": 8}, {"run_id": 2, "width": 16}])
    assert table.differing() == ["width"]
    assert table.differing([1]) == []


@given(st.lists(st.none() | st.floats(allow_nan=True), max_size=12), st.booleans())
def test_sorting_puts_what_has_no_value_last(values: list[float | None], descending: bool) -> None:
    table = table_of([{"run_id": i, "learning_rate": v} for i, v in enumerate(values)])
    order = sorted_runs(table, list(range(len(values))), "learning_rate", descending)
    assert sorted(order) == list(range(len(values)))
    shown = [values[i] for i in order]
    numbers = [v for v in shown if v is not None and v == v]
    assert shown[: len(numbers)] == numbers
    assert numbers == sorted(numbers, reverse=descending)


def test_comparison_shows_what_differs_and_deltas() -> None:
    table = table_of([{"run_id": 1, "width": 8}, {"run_id": 2, "width": 16}])
    table.set_values(["run_id", "validation_accuracy"], [(1, 0.5), (2, 0.75)])
    lines = dict(comparison(table, [1, 2], 1))
    assert lines["width"] == [("8", ""), ("16", "+8")]
    assert lines["validation_accuracy"] == [("0.5", ""), ("0.75", "+0.25")]
    assert "depth" not in lines


# drafts


def test_every_preset_survives_the_form_unchanged() -> None:
    for draft in preset_drafts():
        texts = {name: field_text(draft, name) for name in CONFIG_KEYS}
        assert changed(draft, texts, "").runs() == draft.runs()


def test_typing_over_and_emptying_fields() -> None:
    draft = Sweep("mine", base={"width": 8, "steps": 10}, axes={"seed": (0, 1, 2)})
    texts = {name: field_text(draft, name) for name in CONFIG_KEYS}
    assert texts["seed"] == "0..2"
    sweep = changed(draft, {**texts, "width": "8,16..32:8", "steps": ""}, "other")
    assert sweep.name == "other"
    assert sweep.axes["width"] == (8, 16, 24, 32)
    assert "steps" not in sweep.base
    with pytest.raises(SpecificationError):
        changed(draft, {**texts, "width": "wide"}, "")


def test_a_draft_from_runs_has_new_seeds() -> None:
    rows = [dict.fromkeys(CONFIG_KEYS, 1) | {"run_id": i, "sweep": "s", "width": w, "seed": s}
            for i, (w, s) in enumerate([(8, 0), (8, 1), (16, 0)])]  # fmt: skip
    draft = draft_from(rows)
    assert draft.axes["seed"] == (2, 3)
    assert [p["width"] for p in draft.points] == [8, 16]
    assert placeholder(draft, "width") == "8,16 (in 2 points)"
    assert draft.base["depth"] == 1


@given(st.lists(st.integers(0, 300), min_size=1, max_size=20, unique=True))
def test_values_are_written_as_they_are_read(values: list[int]) -> None:
    from engine.specification.values import parse_values

    assert parse_values("seed", values_text(values)) == values


# charts


def test_a_band_is_the_student_interval() -> None:
    x = np.array([1.0, 2.0])
    curves = [(x, np.array([0.0, v])) for v in (1.0, 2.0, 3.0)]
    _, mean, half = mean_and_interval(curves)
    assert mean[1] == pytest.approx(2.0)
    assert half[1] == pytest.approx(4.303 / np.sqrt(3))
    assert half[0] == 0.0


def run_of(run_id: int, **changes: Any) -> dict[str, Any]:
    return {**dict.fromkeys(CONFIG_KEYS, 1), "run_id": run_id, "sweep": "s", "memorized_at": 5,
            "state": "finished", "generalized_at": None, "operations_per_step": 2.0,
            **changes}  # fmt: skip


@pytest.mark.parametrize("log_x", [True, False])
def test_a_growing_chart_stands_still_between_its_steps(log_x: bool) -> None:
    panels, options = [("train_accuracy",)], ChartOptions(log_x=log_x)
    seen = []
    for last in range(1000, 1100):
        xs = np.array([0.0, 1.0, float(last)])
        known = {1: {"train_accuracy": (xs, xs)}}
        ((_, axes),) = charts([run_of(1, state="running")], known, panels, options)
        assert axes.x_limits is not None
        assert axes.x_limits[0] == (1.0 if log_x else 0.0)
        assert last <= axes.x_limits[1] <= 1.8 * last
        seen.append(axes.x_limits)
    assert len(set(seen)) <= 2
    ((_, axes),) = charts([run_of(1)], known, panels, options)
    assert axes.x_limits is None


def test_one_run_shares_charts_and_several_do_not() -> None:
    xs = np.array([1.0, 10.0])
    known = {i: dict.fromkeys(("train_accuracy", "validation_accuracy"), (xs, xs)) for i in (1, 2)}
    panels = [("train_accuracy", "validation_accuracy")]
    (both,) = charts([run_of(1)], known, panels, ChartOptions())
    assert [s.name for s in both[0]] == ["training", "validation"]
    assert both[0][0].marks[0].letter == "M"
    several = charts([run_of(1), run_of(2, width=8)], known, panels, ChartOptions(smoothing=0.9))
    assert [axes.title for _, axes in several] == ["validation accuracy", "training accuracy"]
    assert [s.dim for s in several[0][0]] == [True, False, True, False]
    assert several[0][0][1].name == "1 d1"
    in_front = charts([run_of(1), run_of(2, width=8)], known, panels, ChartOptions(front=1))
    assert in_front[0][0][-1].name == "1 d1"


def test_seeds_become_one_band() -> None:
    xs = np.array([1.0, 10.0])
    known = {i: {"train_loss": (xs, xs * i)} for i in (1, 2, 3)}
    runs = [run_of(1, seed=0), run_of(2, seed=1), run_of(3, seed=0, width=8)]
    first, second = seed_bands(runs, known, "train_loss", ChartOptions())
    assert first.name == "d1 (2 seeds)"
    assert first.low is not None
    assert second.low is None


def test_groups_of_seeds_have_colours_of_their_own() -> None:
    xs = np.array([1.0, 10.0])
    ids = range(1, 1 + 3 * len(RUN_COLOURS), len(RUN_COLOURS))  # each has the same colour
    runs = [run_of(i, width=i) for i in ids]
    known = {i: {"train_loss": (xs, xs * i)} for i in ids}
    bands = seed_bands(runs, known, "train_loss", ChartOptions())
    assert bands[0].colour == run_colour(1)
    assert len({band.colour for band in bands}) == 3


# SQL


def test_there_are_a_dozen_queries_that_are_one_statement_each() -> None:
    queries = shipped_queries()
    assert len(queries) >= 12
    for text in queries.values():
        assert len(duckdb.extract_statements(text)) == 1
        assert statements_until(text, 0) == text.rstrip(";")


def test_what_a_result_depends_on_are_the_statements_before_it() -> None:
    text = "SELECT ';' AS a; SELECT 2;\n-- why\nSELECT 3"
    assert statements_until(text, 1) == "SELECT ';' AS a;\nSELECT 2"


def test_a_mistake_has_a_place_where_the_message_points_to_one() -> None:
    message = (
        'Binder Error: Column "wdth" is not there\n\nLINE 2: FROM runs WHERE wdth\n' + " " * 24
    )
    assert place_of_error(message + "^") == (1, 16)
    assert place_of_error("The query was cancelled.") is None
    assert place_of_error("LINE 1: ...a, b\n           ^") is None


def test_a_mean_is_plotted_rather_than_a_size() -> None:
    rows = [(w, d, w / d) for w in (4, 8) for d in (300, 400)]
    types = ["INTEGER", "INTEGER", "DOUBLE"]
    choice = PlotChoice.guess(Result(["width", "train_size", "mean"], types, rows, False))
    assert (choice.x, choice.y, choice.colour) == (0, 2, 1)


def test_a_result_is_plotted_by_its_columns() -> None:
    rows = [(s, s / 10, w) for w in ("a", "b") for s in range(10)]
    result = Result(["step", "acc", "width"], ["INTEGER", "DOUBLE", "VARCHAR"], rows, False)
    choice = PlotChoice.guess(result)
    assert choice == PlotChoice(0, 1, 2, log_x=True)
    chart = plot(result, choice, "braille", 60, 12).plain
    assert "acc over step by width" in chart
    assert "━ a 0.9" in chart
    assert choice.next("colour", result).colour == -1
    assert choice.next("y", result).y == 0
    words = Result(["zone"], ["VARCHAR"], [("x",)], False)
    assert "no numeric column" in plot(words, PlotChoice.guess(words), "braille", 60, 12).plain


def test_completion_of_words() -> None:
    assert words_like("val", ["validation_accuracy", "VALUES", "x"]) == [
        "validation_accuracy",
        "VALUES",
    ]
    assert words_like("", ["x"]) == []


# input bytes


@given(st.binary(max_size=60), st.integers(1, 60))
def test_any_bytes_in_any_pieces_are_decoded(data: bytes, size: int) -> None:
    decoder = InputDecoder()
    text = "".join(decoder.decode(data[i : i + size]) for i in range(0, len(data), size))
    text += decoder.decode(b"", final=True)
    whole = InputDecoder()
    assert text == whole.decode(data, final=True)


def test_mouse_reports_vanish_and_keys_stay() -> None:
    decoder = InputDecoder()
    assert decoder.decode(b"a\x1b[M \xff\xffb") == "ab"
    assert decoder.decode(b"\x1b[M") + decoder.decode(b"q") + decoder.decode(b"qqc") == "c"
    assert decoder.decode(b"\x1b[A\x1b[<0;1;1M\x1bOB") == "\x1b[A\x1b[<0;1;1M\x1bOB"
    assert decoder.decode(b"\x1b") == "\x1b"
    assert decoder.decode("é漢".encode()) == "é漢"


@pytest.mark.parametrize(("answer", "ascii_only"), [("0", True), ("1", False), ("", False)])
def test_a_tmux_client_without_utf8_gets_ascii(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, ascii_only: bool
) -> None:
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("TMUX", "socket,1,0")
    assert is_ascii_tmux() is ascii_only
    monkeypatch.delenv("TMUX")
    assert not is_ascii_tmux()
