"""Values as people write them: ``8,16,32..64:8`` is 8, 16, 32, 40, 48, 56, 64."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from engine.specification.config import CHOICES, FIELDS, TYPES
from engine.specification.errors import SpecificationError, nearest

MOST_VALUES = 100_000  # of one range: a typing mistake must not fill the memory
LARGEST = 2**31 - 1  # whole numbers are INTEGER in the store


def convert(name: str, value: Any) -> Any:
    """``value`` (a word or a TOML value) as the type of the field ``name``, within its range.

    Raises:
        SpecificationError: the field does not exist, or the value is not of its type or range.
    """
    if name not in FIELDS:
        raise SpecificationError(f"There is no field '{name}'; {nearest(name, FIELDS)}")
    kind = TYPES[name]
    converted = _CONVERTERS[kind](name, value)
    if name in CHOICES and converted not in CHOICES[name]:
        raise SpecificationError(
            f"{name} = '{converted}' is not possible; {nearest(converted, CHOICES[name])}"
        )
    least, below = FIELDS[name].metadata["least"], FIELDS[name].metadata["below"]
    if least is not None and converted < least:
        raise SpecificationError(f"{name} = {converted} is too small; the least is {least:g}.")
    if below is not None and converted >= below:
        raise SpecificationError(f"{name} = {converted} is too large; it must be below {below:g}.")
    return converted


def parse_values(name: str, text: Any) -> list[Any]:
    """The values of one axis: a list, a single value, or text with commas and inclusive ranges.

    ``32..64:8`` counts from 32 to 64 in steps of 8; the step is 1 where it is left out.

    Raises:
        SpecificationError: as :func:`convert`, or a range that is broken or has no end.
    """
    if isinstance(text, list):
        values = [value for item in text for value in parse_values(name, item)]
    elif isinstance(text, str) and name in FIELDS:
        parts = [part.strip() for part in text.split(",")]
        values = [value for part in parts for value in _part(name, part)]
    else:
        values = [convert(name, text)]
    if not values:
        raise SpecificationError(f"The axis {name} has no values; give at least one.")
    repeated = next((v for v, times in Counter(values).items() if times > 1), None)
    if repeated is not None:
        raise SpecificationError(f"The axis {name} has the value {repeated} twice; once is right.")
    return values


def _part(name: str, part: str) -> list[Any]:
    if ".." not in part or TYPES[name] not in (int, float):
        return [convert(name, part)]
    bounds, _, step_text = part.partition(":")
    try:
        first, last = (Decimal(bound) for bound in bounds.split(".."))
        step = Decimal(step_text or 1)
        count = (last - first) // step + 1
        ascends = count.is_finite() and step.is_finite() and step > 0 and last >= first
    except (ArithmeticError, ValueError):
        ascends = False
    if not ascends:
        raise SpecificationError(
            f"The range '{part}' of {name} is not one; write first..last:step, as in 32..64:8."
        )
    if count > MOST_VALUES:
        raise SpecificationError(
            f"The range '{part}' of {name} has {count} values; the most is {MOST_VALUES}."
        )
    return [convert(name, format(first + step * i, "f")) for i in range(int(count))]


def _integer(name: str, value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = Decimal(str(value).strip())
        if number != number.to_integral_value():
            raise ValueError
        if not -LARGEST <= number <= LARGEST:
            raise SpecificationError(f"{name} = {value} is out of range; the most is {LARGEST}.")
        return int(number)
    except (ValueError, ArithmeticError):
        raise SpecificationError(f"{name} = '{value}' is not a whole number.") from None


def _real(name: str, value: Any) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError
        return number
    except (TypeError, ValueError):
        raise SpecificationError(f"{name} = '{value}' is not a number.") from None


def _truth(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if str(value).strip().lower() not in words:
        raise SpecificationError(f"{name} = '{value}' is neither true nor false.")
    return words[str(value).strip().lower()]


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SpecificationError(f"{name} = {value} is not a word; put it in quotes.")
    return value.strip()


_CONVERTERS: dict[type, Any] = {int: _integer, float: _real, bool: _truth, str: _word}
