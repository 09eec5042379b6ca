"""The SQL editor's colours."""

from __future__ import annotations

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from tui.app.widgets.editor import highlights


def pieces(text: str) -> list[tuple[str, str]]:
    """What is coloured, and as what."""
    lines = [line.encode() for line in text.split("\n")]
    return [(lines[row][start:end].decode(), kind) for row, start, end, kind in highlights(text)]


def test_the_dialect_is_duckdbs() -> None:
    text = "SELECT * EXCLUDE (größe), 1e-3 FROM x -- why\nQUALIFY a = 'it''s ä' AND b = $1"
    assert pieces(text) == [
        ("SELECT", "keyword"), ("EXCLUDE", "keyword"), ("1e-3", "numeric"), ("FROM", "keyword"),
        ("-- why", "comment"), ("QUALIFY", "keyword"), ("'it''s ä'", "string"),
        ("AND", "keyword"), ("1", "numeric"),
    ]  # fmt: skip


def test_a_piece_of_several_lines_is_coloured_in_each() -> None:
    assert pieces("/* one\n two */ SELECT 'a\nb'") == [
        ("/* one", "comment"), (" two */", "comment"), ("SELECT", "keyword"),
        ("'a", "string"), ("b'", "string"),
    ]  # fmt: skip


@given(st.text("abS E'\"-/*\n;1$ä漢", max_size=60))
def test_whatever_is_typed_every_piece_is_in_its_line_and_no_two_overlap(text: str) -> None:
    lines = [line.encode() for line in text.split("\n")]
    before = (0, 0)
    for row, start, end, _ in highlights(text):
        assert (row, start) >= before
        assert start <= end <= len(lines[row])
        lines[row][start:end].decode()  # no character is cut
        before = (row, end)


def test_keywords_are_those_of_the_database() -> None:
    with duckdb.connect() as connection:
        reserved = connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
        ).fetchall()
    for (word,) in reserved:
        assert pieces(word) == [(word, "keyword")]
