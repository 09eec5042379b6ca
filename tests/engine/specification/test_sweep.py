"""A sweep specification: what it means, that it round-trips, and what is said when it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.specification import presets
from engine.specification.errors import SpecificationError
from engine.specification.sweep import Sweep, parse, with_changes

SMALL = """
name = "small"
[base]
modulus = 29
train_size = 400
[axes]
width = "8..16:8"
seeds = 3
"""


def test_axes_multiply_and_the_last_is_fastest() -> None:
    runs = parse(SMALL, "here").runs()
    assert [(run.width, run.seed) for run in runs] == [
        (8, 0), (8, 1), (8, 2), (16, 0), (16, 1), (16, 2),
    ]  # fmt: skip
    assert {run.modulus for run in runs} == {29}


def test_points_override_the_base_and_are_multiplied_by_axes() -> None:
    text = (
        SMALL + "[[points]]\ntrain_size = 300\n[[points]]\ntrain_size = 500\nlearning_rate = 1e-2\n"
    )
    runs = parse(text, "here").runs()
    assert len(runs) == 12
    assert {(run.train_size, run.learning_rate) for run in runs} == {(300, 1e-3), (500, 1e-2)}


def test_seeds_can_be_a_number_a_list_or_a_range() -> None:
    def seeds(value: str) -> list[int]:
        return [run.seed for run in parse(f"name='x'\n[axes]\nseeds={value}", "here").runs()]

    assert seeds("3") == [0, 1, 2]
    assert seeds("[1, 5]") == [1, 5]
    assert seeds('"4..6"') == [4, 5, 6]


def test_changes_make_axes_replace_values_and_reach_into_points() -> None:
    sweep = parse(SMALL, "here")
    assert len(with_changes(sweep, {"seeds": "5"}).runs()) == 10
    assert {run.modulus for run in with_changes(sweep, {"modulus": "31"}).runs()} == {31}
    fig2 = with_changes(presets.load("fig2"), {"train_size": "500,600", "modulus": "29"})
    assert sorted({(run.width, run.train_size) for run in fig2.runs()}) == [
        (8, 500), (8, 600), (32, 500), (32, 600), (64, 500), (64, 600),
    ]  # fmt: skip


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_valid_and_round_trips(name: str) -> None:
    sweep = presets.load(name)
    assert sweep.name == name
    assert sweep.title
    assert sweep.runs()
    assert parse(sweep.to_toml(), "again") == sweep


def test_fig2_is_the_papers() -> None:
    cells = [(run.width, run.train_size) for run in presets.load("fig2").runs()]
    assert cells == [(8, 3000), (32, 2600), (64, 3000), (32, 3000)]
    assert {run.modulus for run in presets.load("fig2").runs()} == {113}


@given(st.text(), st.text())
def test_any_name_and_description_round_trip(title: str, description: str) -> None:
    sweep = Sweep(name="x", title=title, description=description.strip())
    assert parse(sweep.to_toml(), "again") == sweep


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = 'x'\n[base\n", "at line 2, column 6"),
        ("[base]\nwidth = 8", "The sweep has no name"),
        ("name = 'x'\nwidth = 8", "There is no key 'width' at the top; 'width' belongs under"),
        ("name = 'x'\n[bas]\nwidth = 8", "There is no key 'bas' at the top; did you mean 'base'?"),
        ("name = 'x'\n[base]\nwidht = 8", "There is no field 'widht'; did you mean 'width'?"),
        ("name = 'x'\n[axes]\nseeds = 0", "seeds = 0 leaves no runs"),
        ("name = 'x'\n[axes]\nseeds = 2\nseed = [7]", "The axis seed is given twice"),
        ("name = 3", "name is not a text"),
        ("name = 'x'\nbase = 3", "'base' is not a table"),
        ("name = 'x'\npoints = [3]", "Every point is a table"),
    ],
)
def test_a_wrong_specification_gets_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        parse(text, "mine.toml")
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("mine.toml")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"task": "ad"}, "There is no task 'ad'; did you mean 'add'?"),
        ({"width": "30"}, "width = 30 is not divided by heads = 4; heads could be 1, 2, 3, 5, 6,"),
        ({"train_size": "99999"}, "train_size = 99999 is beyond the data: add has 841 pairs"),
        ({"task": "divide", "modulus": "30"}, "modulus = 30 is not prime"),
        ({"feed_forward": "split"}, "feed_forward = 'split' needs a mixture"),
        ({"batch_size": "5000"}, "batch_size = 5000 is larger than the training set of 400 pairs"),
        ({"memorization_size": "842"}, "memorization_size = 842 is beyond the data"),
        ({"seeds": "1000000"}, "has 2000000 runs; the most is 1000000."),
    ],
)
def test_an_impossible_combination_gets_one_sentence(
    settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SpecificationError) as caught:
        with_changes(parse(SMALL, "here"), settings).runs()
    assert sentence in str(caught.value)


def test_a_file_that_is_not_there_is_answered_with_the_nearest_preset() -> None:
    with pytest.raises(SpecificationError, match="did you mean 'fig2'"):
        presets.load("figg2")
