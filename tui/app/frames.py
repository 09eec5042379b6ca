"""What goes to the terminal: only the cells that changed.

Textual sends every line that changed from end to end, and colours and background anew for each
stretch of one style: a chart of 24 curves is 10 to 30 KB a frame, a curve's new dot is a few
bytes. Over SSH that is the difference between following a hand and lagging behind it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

_TOKEN = re.compile(
    r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|(\r?\n)|([^\x00-\x1f\x7f]+)|(.)", re.DOTALL
)
_MODE = re.compile(r"(?:\x1b\[[?>=<][\d;]*\$?[a-zA-Z])*")
_OTHER_SCREEN = "\x1b[?1049"
_NARROW = re.compile(
    r"[ -~\xa1-\xac\xae-\u02ff\u2013-\u203a\u2070-\u209f\u2190-\u21ff\u221e\u2264\u2265"
    r"\u2500-\u25ff\u2713-\u2718\u2800-\u28ff]*"
)
"""Text of characters that any terminal shows one cell wide."""

_CLOSE = 4  # cells: a shorter stretch that did not change is cheaper to send than to jump over

Style = str  # the parameters of an SGR sequence; "" is the terminal's own


class Frames:
    """A copy of the terminal's screen, against which frames are compared.

    It trusts only what it has seen itself: cells behind text that may be wide, or behind a sequence
    that is not one of Textual's, count as unknown, and are sent whatever comes next.
    """

    def __init__(self) -> None:
        self._characters: dict[int, list[str]] = {}
        self._styles: dict[int, list[Style]] = {}
        self._cursor: tuple[int, int] | None = None

    def forget(self) -> None:
        """The terminal may show anything now: the next frame is sent as it is."""
        self._characters.clear()
        self._styles.clear()
        self._cursor = None

    def changes(self, data: str) -> str:
        """What has to be sent so that the terminal shows what it would show after ``data``."""
        if _MODE.fullmatch(data):
            if _OTHER_SCREEN in data:
                self.forget()
            return data
        pen = _Pen()
        place: tuple[int, int] | None = None
        style: Style = ""
        raw = False  # the terminal's cursor is not where we count it to be
        for row, column, parameters, line_end, text, other in _TOKEN.findall(data):
            if row:
                place, raw = (int(row), int(column)), False
            elif parameters or not (line_end or text or other):
                style = _joined(style, parameters)
            elif line_end:
                continue  # Textual moves to a place before it goes on
            elif other or place is None:
                self.forget()
                return data
            elif raw or not _NARROW.fullmatch(text):
                y, x = place
                if not raw:
                    pen.go(y, x)
                pen.write(text, style)
                pen.lost()
                self._unknown(y, x)
                raw = True
            else:
                self._put(place, text, style, pen)
                place = (place[0], place[1] + len(text))
        if place is not None and (pen.written or place != self._cursor):
            pen.go(*place)
        self._cursor = place
        return pen.finished()

    def _put(self, place: tuple[int, int], text: str, style: Style, pen: _Pen) -> None:
        """Take text into the copy, and write what differs from it."""
        y, x = place
        end = x + len(text)
        characters = self._characters.setdefault(y, [])
        styles = self._styles.setdefault(y, [])
        if len(characters) < end:
            missing = end - len(characters)
            characters += [""] * missing
            styles += [""] * missing
        before, before_styles = characters[x:end], styles[x:end]
        now, now_styles = list(text), [style] * len(text)
        if now == before and now_styles == before_styles:
            return
        characters[x:end], styles[x:end] = now, now_styles
        changed = [
            i for i, c in enumerate(now) if c != before[i] or before_styles[i] != style
        ]  # fmt: skip
        start = last = changed[0]
        for i in [*changed[1:], -1]:
            if i < 0 or i - last > _CLOSE:
                self._go(y, x + start, pen)
                pen.write(text[start : last + 1], style)
                start = i
            last = i

    def _go(self, y: int, x: int, pen: _Pen) -> None:
        """Move the pen; over a few cells by writing them again."""
        at = pen.place
        if at is not None and at[0] == y and 0 < x - at[1] <= _CLOSE:
            between = self._characters[y][at[1] : x]
            if all(between) and all(s == pen.style for s in self._styles[y][at[1] : x]):
                pen.write("".join(between), pen.style)
                return
        pen.go(y, x)

    def _unknown(self, y: int, x: int) -> None:
        """From here to the end of the line nothing is known."""
        # the cell before may be the first half of a wide character that is now overwritten
        start = max(0, x - 1)
        del self._characters.setdefault(y, [])[start:]
        del self._styles.setdefault(y, [])[start:]


class _Pen:
    """Writes with as few bytes as it can; it begins and ends with the terminal's own style."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.place: tuple[int, int] | None = None
        self.style: Style = ""

    @property
    def written(self) -> bool:
        return bool(self._parts)

    def go(self, y: int, x: int) -> None:
        if self.place != (y, x):
            self._parts.append(f"\x1b[{y};{x}H")
            self.place = (y, x)

    def lost(self) -> None:
        """Where the pen is now depends on the terminal."""
        self.place = None

    def write(self, text: str, style: Style) -> None:
        if style != self.style:
            self._parts.append(_change(self.style, style))
            self.style = style
        self._parts.append(text)
        if self.place is not None:
            self.place = (self.place[0], self.place[1] + len(text))

    def finished(self) -> str:
        if self.style:
            self._parts.append("\x1b[m")
        return "".join(self._parts)


def _joined(style: Style, parameters: str) -> Style:
    """The style after one more SGR sequence; Textual resets before it sets another."""
    if parameters in ("", "0"):
        return ""
    return f"{style};{parameters}" if style else parameters


@lru_cache(4096)
def _change(old: Style, new: Style) -> str:
    """The sequence that makes ``old`` to ``new``."""
    if not new:
        return "\x1b[m"
    before, after = _parts(old), _parts(new)
    if before.keys() - after.keys():  # something has to be switched off
        return f"\x1b[0;{new}m"
    return f"\x1b[{';'.join(p for kind, p in after.items() if before.get(kind) != p)}m"


def _parts(style: Style) -> dict[str, str]:
    """What each part sets: ``1;38;5;214`` is ``{"1": "1", "text": "38;5;214"}``."""
    parts = re.findall(r"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+", style)
    return {_kind(part): part for part in parts}


def _kind(part: str) -> str:
    number = int(part.split(";", 1)[0])
    if 30 <= number < 40 or 90 <= number < 98:
        return "text"
    return "background" if 40 <= number < 50 or 100 <= number < 108 else part


class SparingDriver(LinuxDriver):
    """Textual's driver, with :class:`Frames` before the terminal."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.frames = Frames()

    def write(self, data: str) -> None:
        """Write what changes the screen."""
        changes = self.frames.changes(data)
        if changes:
            super().write(changes)
