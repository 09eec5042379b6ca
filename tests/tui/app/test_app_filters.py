from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.app.filters import FilterError, common_start, compile_filter, complete

RUN: dict[str, Any] = {
    "run_id": 7, "sweep": "demo [b]", "width": 32, "train_size": 400, "learning_rate": 1e-3,
    "state": "running", "zone": "grokking", "tags": ["Old", "good one"], "note": "see [/b] paper",
    "task": "add", "validation_accuracy": None, "stop_when_settled": True,
    "best_validation_accuracy": 0.95, "generalized_at": 3000, "progress": 0.5,
    "since": datetime.now(UTC) - timedelta(hours=2),
}  # fmt: skip


def passes(text: str) -> bool:
    return compile_filter(text, RUN.keys())(RUN)


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "width=32", "width>=32", "width<=32", "width>31.5", "d=8,32", "lr=1e-3",
        "lr=0.001", "zone=grokking", "zone=GROKKING,ungrokking", "state=running", "tag:old",
        'tag:"good one"', "!tag:new", "has:note", "!has:validation_accuracy",
        "note~paper", "note~[/b]",
        "demo", '"demo [b]"', "GROK", "width!=8", "validation_accuracy!=1", "nope | width=32",
        "width=8|zone=grokking", "stop_when_settled=true", "width>=32 zone=grokking !tag:new",
        "!width=8", 'sweep="demo [b]"', '!"and"',
        "best>0.9", "gen at>=3000", "gen_at=3000", "has:gen_at", "!val acc>0.5", "val acc!=1",
        "train=400", "train>=400 gen at<4000|x", "done=0.5", "run=7",
        "age>119m", "age<3h", "age>7000s", "since<1d", "age<2.5h",
    ],
)  # fmt: skip
def test_what_passes(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    [
        "width=8", "width<32", "width>32", "zone=ungrokking", "tag:new", "!tag:old",
        "has:validation_accuracy", "validation_accuracy>0", "nope", "width=32 state=finished",
        "width=8 | zone=comprehension", "!demo", "note~other",
        "best>0.96", "gen at<3000", "val acc>0.5", "train<400", "age>3h", "age<90m",
    ],
)  # fmt: skip
def test_what_does_not_pass(text: str) -> None:
    assert not passes(text)


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("wdth=3", 0, "did you mean width"),
        ("zone=grokking wdth=3", 14, "no key 'wdth'"),
        ("width>=a", 7, "not a number"),
        ("width=", 6, "no value"),
        ("| width=3", 0, "nothing before"),
        ("width=3 |", 8, "nothing after"),
        ('note~"open', 5, "not closed"),
        ("width=3 !", 8, "nothing after this !"),
        ("has:nothing", 4, "no key"),
        ("width=3 and train=400", 8, "side by side must all hold"),
        ("width=3 OR train=400", 8, "| separates alternatives"),
        ("not width=3", 0, "! before a term"),
        ("width >= 32", 6, "no spaces: width>=32"),
        ("gen at>", 7, "no value after"),
        ("age>3", 4, "an age such as"),
    ],
)
def test_mistakes_are_located(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text, RUN.keys())
    assert caught.value.position == position
    assert says in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_place(text: str) -> None:
    position = 0
    try:
        compile_filter(text, RUN.keys())(RUN)
    except FilterError as error:
        position = error.position
    assert 0 <= position <= len(text)


WORDS = st.sampled_from(["width=32", "width=8", "zone=grokking", "tag:old", "demo", "nope"])


@given(WORDS, WORDS)
def test_the_operators_obey_logic(a: str, b: str) -> None:
    assert passes(f"{a} {b}") == (passes(a) and passes(b))
    assert passes(f"{a} | {b}") == (passes(a) or passes(b))
    assert passes(f"!{a}") == (not passes(a))
    assert passes(f"!{a} | !{b}") == (not passes(f"{a} {b}"))


TERMS = st.sampled_from([
    "width>=8", "width!=8", "width=32,4", "zone=grokking", "zone!=grokking", "tag:old",
    "has:validation_accuracy", "validation_accuracy<0.5", "stop_when_settled=true", "demo",
    "lr=1e-3", 'note~"b b"', "has:tags",
])  # fmt: skip
OTHER = {
    "width": st.sampled_from([4, 8, 32]),
    "zone": st.sampled_from([None, "grokking", "ungrokking"]),
    "tags": st.lists(st.sampled_from(["old", "new"]), max_size=2),
    "validation_accuracy": st.sampled_from([None, 0.25, 1.0, float("nan")]),
    "stop_when_settled": st.booleans(),
    "note": st.sampled_from(["", "demo", "a b b"]),
}
RUNS = st.lists(st.fixed_dictionaries(OTHER).map(lambda other: {**RUN, **other}), max_size=20)


@given(RUNS, st.lists(st.tuples(st.sampled_from(["", "!", "| "]), TERMS), min_size=1, max_size=5))
def test_all_runs_at_once_are_answered_as_each_alone(
    runs: list[dict[str, Any]], terms: list[tuple[str, str]]
) -> None:
    text = " ".join(mark + term for mark, term in terms).removeprefix("| ")
    predicate = compile_filter(text, RUN.keys())
    ids = list(range(len(runs)))
    assert predicate.of(ids, lambda key: [run.get(key) for run in runs]) == [
        i for i in ids if predicate(runs[i])
    ]


def test_completion_knows_keys_and_the_values_that_occur() -> None:
    def values(key: str) -> list[str]:
        return {"zone": ["grokking", "ungrokking"]}.get(key, [])

    assert complete("wid", values, RUN.keys()) == ["width="]
    assert complete("x !zone=gr", values, RUN.keys()) == ["zone=grokking"]
    assert complete("zone=grokking,un", values, RUN.keys()) == ["zone=grokking,ungrokking"]
    assert complete("", values, RUN.keys()) == []
    assert common_start(["width=", "widths"]) == "width"


def test_a_value_that_does_not_occur_is_answered_with_the_one_most_like_it() -> None:
    def values(key: str) -> list[str]:
        return {"zone": ["grokking", "ungrokking"], "width": ["8", "32"]}.get(key, [])

    assert complete("zone=groking", values, RUN.keys()) == ["zone=grokking"]
    assert complete("width>3,zone=grokking,ungroking", values, RUN.keys()) == []
    assert complete("zone=comprehension,ungroking", values, RUN.keys()) == [
        "zone=comprehension,ungrokking"
    ]
    assert complete("zone=grokking", values, RUN.keys()) == []


def test_measured_numbers_are_not_offered() -> None:
    def values(key: str) -> list[str]:
        return ["0.919152", "0.93"]

    assert complete("best>0.9", values, RUN.keys()) == []
    assert complete("width=0.9", values, RUN.keys()) == ["width=0.919152", "width=0.93"]
