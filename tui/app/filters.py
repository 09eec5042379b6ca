"""The run filter: a small language, compiled to a predicate over runs.

    width>=32 zone=grokking state=running !tag:old | name~demo

Terms that stand side by side must all hold; ``|`` separates alternatives; ``!`` negates a term.

=================  ==================================================================
``key=1,2,3``      equals one of the values (numbers by value, words whatever their case)
``key!=v``         equals none of them; a run without the value passes
``key>=8``         also ``>``, ``<``, ``<=``; a run without the value does not pass
``key~word``       contains it
``tag:word``       carries the tag
``has:key``        has any value there
``age<3h``         started, or was queued, less than 3 hours ago; also ``40s``, ``12m``, ``5d``
``word``           is in the sweep's name, the task, the state, the zone, a tag or the note
``"two words"``    the same, with spaces
=================  ==================================================================

The titles of the table's columns are keys too, with their spaces: ``val acc>0.9``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, Final

from tui.app.predicates import Predicate, Term
from tui.app.runtable import VALUE_KEYS
from tui.app.titles import TITLES

ALIASES: Final[Mapping[str, str]] = {
    "d": "width",
    "D": "train_size",
    "P": "modulus",
    "lr": "learning_rate",
    "wd": "weight_decay",
    "id": "run_id",
    "name": "sweep",
    **{title: key for key, title in TITLES.items()},
    **{title.replace(" ", "_"): key for key, title in TITLES.items() if " " in title},
}
"""Short names for keys, and the titles of their columns."""

SEARCHED: Final = ("sweep", "task", "state", "zone", "tags", "note")
"""Where a bare word is looked for."""

_SPACED = "|".join(re.escape(title) for title in TITLES.values() if " " in title)
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<bar>\|)
      | (?P<term>!? (?: (?:{_SPACED}) (?=[<>=!~]) )? (?: "[^"]*" | [^\s|"]+ )+ )
    )""",
    re.VERBOSE,
)
_COMPARISON = re.compile(
    rf"(?P<key>{_SPACED}|[A-Za-z_][A-Za-z0-9_]*)(?P<op>>=|<=|!=|=|>|<|~)(?P<value>.*)", re.S
)
_AGE = re.compile(r"(?P<count>\d+(?:\.\d*)?)(?P<unit>[smhd])")
_UNITS: Final[Mapping[str, float]] = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_CONNECTIVES: Final[Mapping[str, str]] = {
    "and": "terms that stand side by side must all hold",
    "or": "| separates alternatives",
    "not": "! before a term negates it",
}
_ORDER: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


class FilterError(ValueError):
    """A filter that cannot be read: one sentence, and the position of the character it is about."""

    def __init__(self, sentence: str, position: int) -> None:
        super().__init__(sentence)
        self.position = position


def compile_filter(text: str, keys: Collection[str]) -> Predicate:
    """The predicate of a filter; an empty one lets every run pass. ``keys`` are those of a run.

    Raises:
        FilterError: the text cannot be read, or names a key that runs do not have.
    """
    if text.count('"') % 2:
        raise FilterError("A quotation mark is not closed.", text.rindex('"'))
    alternatives: list[list[Term]] = [[]]
    position = 0
    while position < len(text) and text[position:].strip():
        match = _TOKEN.match(text, position)
        assert match is not None, "with closed quotes every character belongs to a token"
        if match["bar"]:
            if not alternatives[-1]:
                raise FilterError("There is nothing before this |.", match.start("bar"))
            alternatives.append([])
        else:
            alternatives[-1].append(_term(match["term"], match.start("term"), keys))
        position = match.end()
    if not alternatives[-1] and len(alternatives) > 1:
        raise FilterError("There is nothing after the last |.", len(text) - 1)
    return Predicate(tuple(map(tuple, alternatives)))


def complete(
    text: str, values: Callable[[str], Collection[str]], keys: Collection[str]
) -> list[str]:
    """What the last word of ``text`` could become: keys first, and after an operator its values.

    ``values`` gives the words that really occur under a key. Where none begins with what is typed,
    the one that is most like it is offered; measured numbers, which hardly ever repeat, never.
    """
    word = re.split(r"[\s|]", text)[-1].removeprefix("!")
    comparison = _COMPARISON.fullmatch(word)
    if comparison is None:
        return sorted(key + "=" for key in keys if word and key.startswith(word))
    key = ALIASES.get(comparison["key"], comparison["key"])
    done, comma, start = comparison["value"].rpartition(",")
    head = comparison["key"] + comparison["op"] + done + comma
    if key not in keys or (key in VALUE_KEYS and key != "zone"):
        return []
    known = values(key)
    found = sorted(value for value in known if value.startswith(start) and value != start)
    if not found and start not in known:
        found = get_close_matches(start, known, 1)
    return [head + value for value in found]


def common_start(candidates: Sequence[str]) -> str:
    """What all candidates begin with, whatever its case, as the first one writes it."""
    if not candidates:
        return ""
    shortest = min(len(candidate) for candidate in candidates)
    for i in range(shortest):
        if len({candidate[i].casefold() for candidate in candidates}) > 1:
            return candidates[0][:i]
    return candidates[0][:shortest]


def _term(term: str, position: int, keys: Collection[str]) -> Term:
    if term.startswith("!"):
        if term == "!":
            raise FilterError("There is nothing after this !.", position)
        inner = _term(term[1:], position + 1, keys)
        return replace(inner, negated=not inner.negated)
    if term.startswith("tag:"):
        tag = _unquote(term[4:]).casefold()
        return Term(("tags",), lambda tags: tag in (other.casefold() for other in tags or ()))
    if term.startswith("has:"):
        present = _key(term[4:], position + 4, keys)
        return Term((present,), lambda value: value not in (None, "", [], ()))
    comparison = _COMPARISON.fullmatch(term)
    if comparison is None:
        if term.casefold() in _CONNECTIVES:
            why = _CONNECTIVES[term.casefold()]
            raise FilterError(f"Leave out '{term}': {why}; \"{term}\" is the word.", position)
        if term[0] in "<>=~":
            raise FilterError("Key, operator and value have no spaces: width>=32.", position)
        return Term(SEARCHED, _contains(term))
    key = _key(comparison["key"], position, keys)
    operator, raw = comparison["op"], comparison["value"]
    test = _comparison(key, operator, raw, position + comparison.start("value"))
    return Term((key,), test, negated=operator == "!=")


def _comparison(key: str, operator: str, raw: str, position: int) -> Callable[[Any], bool]:
    """The test of a value; that of ``!=`` is the one of ``=``."""
    if not raw:
        raise FilterError(f"There is no value after {key}{operator}.", position)
    if raw[0] in "<>=~":
        raise FilterError(
            f"A value cannot begin with '{raw[0]}'; use = != >= <= > < or ~.", position
        )
    if operator == "~":
        return _contains(raw)
    if operator in _ORDER:
        order = _ORDER[operator]
        if key == "since":
            age = _age(raw, position)
            return lambda value: value is not None and order(_seconds_since(value), age)
        try:
            limit = float(raw)
        except ValueError:
            raise FilterError(f"'{raw}' is not a number to compare {key} with.", position) from None
        return lambda value: isinstance(value, int | float) and order(value, limit)
    wanted = [_unquote(value).casefold() for value in raw.split(",")]
    numbers = {float(value) for value in wanted if _is_number(value)}

    def equal(value: Any) -> bool:
        if isinstance(value, bool):
            return str(value).casefold() in wanted or float(value) in numbers
        if isinstance(value, int | float):
            return value in numbers
        return value is not None and _text(value).casefold() in wanted

    return equal


def _age(raw: str, position: int) -> float:
    """In seconds."""
    match = _AGE.fullmatch(raw)
    if match is None:
        raise FilterError(f"'{raw}' is not an age such as 40s, 12m, 3h or 5d.", position)
    return float(match["count"]) * _UNITS[match["unit"]]


def _seconds_since(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()


def _contains(raw: str) -> Callable[[Any], bool]:
    part = _unquote(raw).casefold()
    return lambda value: part in _text(value).casefold()


def _key(name: str, position: int, keys: Collection[str]) -> str:
    key = ALIASES.get(name, name)
    if key not in keys:
        near = get_close_matches(name, [*keys, *ALIASES], 1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise FilterError(f"Runs have no key '{name}'{hint}", position)
    return key


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _unquote(value: str) -> str:
    return value.replace('"', "")


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
