"""The one error of a specification: a sentence that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SpecificationError(Exception):
    """What was wrong, where, and what would be right, in one sentence."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence: the nearest known word, or all of them."""
    words = list(known)
    close = get_close_matches(word, words, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"known are {', '.join(words)}."
