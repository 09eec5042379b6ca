"""Numbers as people read them. Precision is shed, digits never are: 9912 is not shown as 991."""

from __future__ import annotations

import math
from typing import Final

_SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_number(value: float | None, digits: int = 4) -> str:
    """``value`` with about ``digits`` significant digits; whole numbers are exact below 10⁷.

    ``None`` is an en dash. NaN and infinities are named.
    """
    if value is None:
        return "–"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e7:
        return str(int(value))
    return _plain_exponent(f"{value:.{digits}g}")


def format_count(value: float) -> str:
    """A count in few characters: 950, 8.5k, 12k, 3.4M."""
    for limit, divisor, unit in (
        (1e3, 1.0, ""),
        (1e6, 1e3, "k"),
        (1e9, 1e6, "M"),
        (1e12, 1e9, "G"),
    ):
        # 999 950 would be rounded to 1000k: it belongs to the next unit
        if abs(value) < limit * (1.0 if divisor == 1.0 else 0.9995):
            scaled = value / divisor
            if divisor == 1.0:
                return format_number(value, 3)
            return (
                f"{scaled:.1f}".removesuffix(".0") + unit
                if abs(scaled) < 9.95
                else f"{scaled:.0f}{unit}"
            )
    return _plain_exponent(f"{value:.2g}")


def format_power(exponent: int, ascii_only: bool = False) -> str:
    """A power of ten as a tick label: 1, 10, 10², or 1e2 where only ASCII is wanted."""
    if exponent in (0, 1):
        return "10" if exponent else "1"
    if ascii_only:
        return f"1e{exponent}"
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def format_bytes(count: float) -> str:
    """A size in binary units: 512 B, 1.5 KiB, 40 MiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 9.95 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def format_duration(seconds: float | None) -> str:
    """A span of time in its two largest units: 4 s, 3 m 20 s, 2 h 14 m, 5 d 3 h."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    for unit, size, lower, lower_size in (
        ("m", 60, "s", 1),
        ("h", 3600, "m", 60),
        ("d", 86400, "h", 3600),
    ):
        if whole < size * (60 if unit == "m" else 24) or unit == "d":
            return f"{whole // size} {unit} {whole % size // lower_size} {lower}"
    raise AssertionError("days take any span")


def _plain_exponent(text: str) -> str:
    """1e+06 → 1e6, 3.2e-05 → 3.2e-5."""
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else text
