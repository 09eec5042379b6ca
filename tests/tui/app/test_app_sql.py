"""The SQL view through keys: statements, cancelling, files, plots, a result as the selection."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from textual.widgets import Input

from store import query
from store.database import Store
from tests.tui.app.driving import Driver
from tui.app.querying import shipped_queries
from tui.app.views.curves import CurvesView
from tui.app.views.schemalist import SchemaList
from tui.app.views.sql import MOST_ROWS, SqlView
from tui.app.widgets.editor import Editor
from tui.app.widgets.table import Table

Run = Callable[..., None]


def result_of(d: Driver) -> query.Result:
    result = sql_of(d).result
    assert result is not None, d.text
    return result


def sql_of(d: Driver) -> SqlView:
    view = d.app.view
    assert isinstance(view, SqlView)
    return view


async def ask(d: Driver, text: str) -> None:
    """Replace what is in the editor, and run it."""
    await d.press("4", "i")
    sql_of(d).query_one(Editor).text = text
    await d.press("f5")


def test_of_several_statements_the_last_result_is_shown(run: Run) -> None:
    async def script(d: Driver) -> None:
        await ask(d, "SELECT 1 AS one; SELECT ';' AS semicolon, 41 + 1 AS answer;")
        assert result_of(d).columns == ["semicolon", "answer"]
        assert result_of(d).rows == [(";", 42)]
        await ask(d, "SELECT 1 AS one; SELECT wrong FROM nowhere")
        assert "nowhere" in d.text
        assert result_of(d).rows == [(";", 42)]

    run(script)


def test_several_statements_give_several_results_to_turn_over(run: Run, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await ask(d, "SELECT 1 AS one; SELECT 2 AS two UNION ALL SELECT 3; SELECT 4 AS four")
        assert "result 3 of 3" in d.text
        await d.press("escape", "left_square_bracket")
        assert result_of(d).rows == [(2,), (3,)]
        await d.press("x")
        d.app.screen.query_one(Input).value = str(tmp_path / "two.csv")
        await d.press("enter")
        assert (tmp_path / "two.csv").read_text().split() == ["two", "2", "3"]
        await d.press("left_square_bracket", "left_square_bracket")
        assert result_of(d).columns == ["four"]
        await d.press("right_square_bracket")
        assert result_of(d).columns == ["one"]

    run(script)


def test_digits_go_to_other_views_until_one_edits(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("4")
        before = sql_of(d).query_one(Editor).text
        await d.press("5", "4")
        assert sql_of(d).query_one(Editor).text == before
        await d.press("E", *"5 AS five", "home", *"SELECT ", "f5")
        assert result_of(d).rows == [(5,)]
        await d.press("escape", "5")
        assert d.app.state.view == "system"

    run(script)


def test_the_cursor_goes_to_a_mistake(run: Run) -> None:
    async def script(d: Driver) -> None:
        await ask(d, "SELECT run_id\nFROM runs WHERE wdth = 1")
        assert sql_of(d).query_one(Editor).cursor_location == (1, 16)

    run(script)


def test_enter_shows_a_row_whole(run: Run) -> None:
    async def script(d: Driver) -> None:
        await ask(d, "SELECT 7 AS number, string_agg(range::VARCHAR, ' ') AS words FROM range(60)")
        assert " 59" not in d.text
        await d.press("escape", "enter")
        for word in ("number", "words", " 7 ", "58 59"):
            assert word in d.text

    run(script)


@pytest.mark.parametrize("width", [130, 80])
def test_the_schema_can_be_had_in_any_terminal(run: Run, width: int) -> None:
    async def script(d: Driver) -> None:
        await d.press("4")
        schema = sql_of(d).query_one(SchemaList)
        if width == 130:
            assert schema.display
            await d.press("S")
            assert not schema.size.width or not schema.is_on_screen
        await d.press("S")
        assert schema.has_focus
        await d.until(lambda: "capacity" in d.text)
        assert schema.size.width >= 30
        await d.press("j")
        assert "capacity.sweep_id: the sweep" in d.text
        await d.press("enter")
        assert sql_of(d).query_one(Editor).has_focus
        assert "sweep_id" in sql_of(d).query_one(Editor).text

    run(script, size=(width, 30))


def test_a_plot_has_its_own_scales(run: Run) -> None:
    async def script(d: Driver) -> None:
        await ask(d, "SELECT 10 ** i AS size, 10 ** i AS value FROM range(5) AS t(i)")
        await d.press("escape", "v")
        assert "10³" not in d.text
        await d.press("o")
        assert "size (log)" in d.text
        await d.press("o", "o")
        assert "10³" in d.text
        await d.press("o")
        assert "10³" not in d.text

    run(script)


def test_a_saved_query_is_replaced_and_taken_away(run: Run) -> None:
    async def script(d: Driver) -> None:
        saved = d.app.state.saved_queries
        for text in ("SELECT 1", "SELECT 2"):
            await ask(d, text)
            await d.press("f3")
            await d.type("mine")
            await d.press("enter")
            assert saved["mine"] == text
        assert "is replaced" in d.text
        await d.press("escape", "E", "f3")
        await d.type("mine")
        await d.press("enter")
        assert "mine" not in saved

    run(script)


def test_only_what_is_selected_in_the_editor_runs(run: Run) -> None:
    async def script(d: Driver) -> None:
        await ask(d, "SELECT 1 AS first;\nSELECT 2 AS second")
        assert sql_of(d).query_one(Editor).has_focus
        await d.press("ctrl+end", "shift+home", "f5")
        assert result_of(d).columns == ["second"]

    run(script)


def test_the_escape_key_cancels_and_leaves_the_editor_as_it_was(run: Run) -> None:
    async def script(d: Driver) -> None:
        view_text = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(1000000) b"
        await d.press("4")
        editor = sql_of(d).query_one(Editor)
        editor.text = view_text
        await d.start("f5")
        await d.until(lambda: "running … esc cancels" in d.text)
        cancel = sql_of(d)._cancel
        assert cancel is not None
        try:
            await d.start("escape")
            await d.until(lambda: "cancelled" in d.text)
        finally:  # the app would wait for the query for hours
            cancel()
        assert "running" not in d.text
        assert editor.text == view_text
        await ask(d, "SELECT 7 AS seven")
        assert result_of(d).rows == [(7,)]

    run(script)


def test_a_large_result_is_capped_on_screen_and_whole_in_a_file(run: Run, tmp_path: Path) -> None:
    many = MOST_ROWS + 2345

    async def script(d: Driver) -> None:
        await ask(d, f"SELECT range AS n, n % 7 AS rest FROM range({many})")
        assert len(result_of(d).rows) == MOST_ROWS
        assert f"the first {MOST_ROWS} rows, x exports all" in d.text
        await d.press("escape", "G")
        assert sql_of(d).query_one("#result", Table).key == MOST_ROWS - 1
        for kind in ("csv", "json", "parquet"):
            await d.press("x")
            d.app.screen.query_one(Input).value = str(tmp_path / f"result.{kind}")
            await d.press("enter")

    run(script)
    with (tmp_path / "result.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["n"]) for row in rows] == list(range(many))
    assert len((tmp_path / "result.json").read_text().splitlines()) >= many
    with duckdb.connect() as connection:
        read = f"SELECT count(*), sum(n) FROM '{tmp_path / 'result.parquet'}'"
        assert connection.execute(read).fetchall() == [(many, many * (many - 1) // 2)]


def test_a_result_is_plotted_and_the_plot_is_a_file(run: Run, tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await ask(
            d, "SELECT step, train_loss, validation_loss, run_id FROM metrics WHERE run_id < 3"
        )
        await d.press("escape", "v")
        assert "train_loss over step" in d.text
        await d.press("Y")
        assert "validation_loss over step" in d.text
        for _ in range(6):
            if "by run_id" in d.text:
                break
            await d.press("C")
        assert "by run_id" in d.text
        await d.press("x")
        d.app.screen.query_one(Input).value = str(tmp_path / "plot.svg")
        await d.press("enter")
        await d.press("v")
        assert sql_of(d).query_one("#result", Table).display

    run(script)
    picture = (tmp_path / "plot.svg").read_text()
    assert picture.startswith("<svg")
    assert "validation_loss" in picture.replace("&#160;", " ")


def test_the_runs_of_a_result_are_the_selection_of_every_view(run: Run) -> None:
    async def script(d: Driver) -> None:
        await ask(d, "SELECT run_id, width FROM runs WHERE train_size = 400 AND width = 16")
        await d.press("escape", "U")
        assert "2 runs are marked" in d.notices
        await d.press("2")
        assert isinstance(d.app.view, CurvesView)
        assert sorted(d.app.view.targets()) == [21, 22]
        await ask(d, "SELECT width FROM runs")
        await d.press("escape", "U")
        assert "no column run_id" in d.notices

    run(script)


def test_values_are_shown_literally(run: Run) -> None:
    async def script(d: Driver) -> None:
        await ask(
            d,
            "SELECT '[/bold] [red]x' AS markup, chr(27) || '[31m' AS control, NULL AS nothing, "
            "'nan'::DOUBLE AS nan, [1, 2] AS list, '漢字' AS wide",
        )
        row = next(line for line in d.text.split("\n") if line.startswith("[/bold]"))
        for shown in ("[red]x", "\\x1b[31m", "–", "nan", "[1, 2]", "漢字"):
            assert shown.casefold() in row.casefold(), shown

    run(script, size=(160, 40))


def test_every_query_that_comes_with_the_app_runs(shared: Store) -> None:
    for name, text in shipped_queries().items():
        assert query.run(shared, text, 100).columns, name


def test_a_query_is_chosen_by_its_name(run: Run) -> None:
    name = "Best runs by validation accuracy"

    async def script(d: Driver) -> None:
        await d.press("4", "ctrl+o", *"best runs", "enter", "f5")
        assert sql_of(d).query_one(Editor).text == shipped_queries()[name]
        assert result_of(d).rows

    run(script)
