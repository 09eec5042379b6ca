"""Values and ranges as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.specification.config import FIELDS
from engine.specification.errors import SpecificationError
from engine.specification.values import convert, parse_values


def test_lists_and_ranges_mix() -> None:
    assert parse_values("width", "8,16,32..64:8") == [8, 16, 32, 40, 48, 56, 64]


def test_a_range_counts_by_one_and_stops_at_or_before_its_end() -> None:
    assert parse_values("width", "4..7") == [4, 5, 6, 7]
    assert parse_values("train_size", "250..600:100") == [250, 350, 450, 550]


def test_decimal_ranges_do_not_drift() -> None:
    assert parse_values("weight_decay", "0.1..0.5:0.1") == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_toml_values_and_words_give_the_same() -> None:
    assert parse_values("width", [8, "16..32:8"]) == parse_values("width", "8,16,24,32")
    assert convert("learning_rate", "3e-3") == convert("learning_rate", 0.003)
    assert convert("stop_when_settled", "yes") is True


@given(st.integers(1, 500), st.integers(0, 500), st.integers(1, 50))
def test_a_range_is_what_python_counts(first: int, span: int, step: int) -> None:
    values = parse_values("width", f"{first}..{first + span}:{step}")
    assert values == list(range(first, first + span + 1, step))


@given(st.text(max_size=12), st.sampled_from(sorted(FIELDS)))
def test_any_text_is_a_value_or_one_sentence(text: str, name: str) -> None:
    sentence = name
    try:
        parse_values(name, text)
    except SpecificationError as error:
        sentence = str(error)
    assert name in sentence


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("widht", "8", "There is no field 'widht'; did you mean 'width'?"),
        ("width", "eight", "width = 'eight' is not a whole number."),
        ("width", "8.5", "width = '8.5' is not a whole number."),
        ("width", True, "width = 'True' is not a whole number."),
        ("width", "0", "width = 0 is too small; the least is 1."),
        ("learning_rate", "nan", "learning_rate = 'nan' is not a number."),
        ("beta2", "1", "beta2 = 1.0 is too large; it must be below 1."),
        ("feed_forward", "spilt", "feed_forward = 'spilt' is not possible; did you mean 'split'?"),
        ("stop_when_settled", "2", "stop_when_settled = '2' is neither true nor false."),
        ("task", 3, "task = 3 is not a word; put it in quotes."),
        ("width", "64..8:8", "The range '64..8:8' of width is not one"),
        ("width", "8..64:0", "The range '8..64:0' of width is not one"),
        ("width", "1..999999999", "has 999999999 values; the most is 100000."),
        ("width", "1..1e999999", "The range '1..1e999999' of width is not one"),
        ("width", "1..9:inf", "The range '1..9:inf' of width is not one"),
        ("steps", "1e99999999", "steps = 1e99999999 is out of range; the most is 2147483647."),
        ("width", "8,16,8", "The axis width has the value 8 twice"),
        ("width", [], "The axis width has no values"),
    ],
)
def test_a_wrong_value_gets_one_sentence(name: str, text: object, sentence: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        parse_values(name, text)
    assert sentence in str(caught.value)
