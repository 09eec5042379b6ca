"""The terminal shows the same, whether it is sent whole frames or what changed in them."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st

from tui.app.frames import Frames

COLUMNS, ROWS = 20, 4
TEXTS = st.text(alphabet="ab ─│⣿⠒▶✓·…5", min_size=1, max_size=12) | st.sampled_from(
    ["表", "e\u0301x", "a表b", "naïve", "⚠ x", "Ж"]
)
STYLES = st.sampled_from(
    ["", "1", "38;5;214;48;5;234", "1;38;5;214;48;5;234", "2;7", "38;5;75", "38;2;1;2;3;48;5;16",
     "31", "48;5;234", "94;41"]
)  # fmt: skip


@st.composite
def frames(draw: st.DrawFn) -> str:
    """A frame as Textual writes it: pieces at places, and at last the place of the cursor."""
    parts = []
    for _ in range(draw(st.integers(1, 6))):
        row, column = draw(st.integers(1, ROWS)), draw(st.integers(1, 6))
        parts.append(f"\x1b[{row};{column}H")
        for text, style in draw(st.lists(st.tuples(TEXTS, STYLES), min_size=1, max_size=3)):
            parts.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)
        parts.append("\n" if row < ROWS and draw(st.booleans()) else "")
    return "".join(parts) + "\x1b[1;1H"


class Screens:
    """Two terminals of one size: what both show has to be equal."""

    def __init__(self) -> None:
        self.frames = Frames()
        self.whole, self.spared = pyte.Screen(COLUMNS, ROWS), pyte.Screen(COLUMNS, ROWS)
        self.inputs = [pyte.Stream(screen) for screen in (self.whole, self.spared)]
        for stream in self.inputs:
            stream.feed("\x1b[?7l")  # as Textual has it: lines do not wrap

    def feed(self, frame: str) -> str:
        """Show a frame on both; what was sent to the second one."""
        changes = self.frames.changes(frame)
        self.inputs[0].feed(frame.replace("\n", "\r\n"))
        self.inputs[1].feed(changes)
        return changes

    def agree(self) -> bool:
        """Characters, colours and the cursor's place are the same."""
        cells = [
            [[screen.buffer[y][x] for x in range(COLUMNS)] for y in range(ROWS)]
            for screen in (self.whole, self.spared)
        ]
        cursors = [(screen.cursor.y, screen.cursor.x) for screen in (self.whole, self.spared)]
        return cells[0] == cells[1] and cursors[0] == cursors[1]


@given(st.lists(frames(), min_size=1, max_size=6))
def test_both_terminals_show_the_same_after_every_frame(shown: list[str]) -> None:
    screens = Screens()
    for frame in shown:
        screens.feed(frame)
        assert screens.agree()


def test_a_frame_that_changes_nothing_costs_nothing() -> None:
    screens = Screens()
    frame = "\x1b[2;3H\x1b[38;5;214;48;5;234m⣿⠒\x1b[0mabc\x1b[1;1H"
    assert screens.feed(frame)
    assert screens.feed(frame) == ""


def test_only_the_cell_that_changed_is_sent() -> None:
    screens = Screens()
    screens.feed("\x1b[2;3H\x1b[38;5;214m⠒⠒⠒⠒⠒⠒⠒⠒\x1b[0m\x1b[1;1H")
    sent = screens.feed("\x1b[2;3H\x1b[38;5;214m⠒⠒⠒⠒⠒⠒⠒⣿\x1b[0m\x1b[1;1H")
    assert sent.count("⠒") == 0
    assert screens.agree()


def test_after_forgetting_a_frame_is_sent_whole() -> None:
    screens = Screens()
    frame = "\x1b[1;1Habc\x1b[1;1H"
    screens.feed(frame)
    screens.frames.forget()
    assert "abc" in screens.feed(frame)


def test_modes_pass_and_the_other_screen_is_another_screen() -> None:
    screens = Screens()
    frame = "\x1b[1;1Habc\x1b[1;1H"
    screens.feed(frame)
    assert screens.frames.changes("\x1b[?2026h") == "\x1b[?2026h"
    assert screens.frames.changes(frame) == ""
    screens.frames.changes("\x1b[?1049h")
    assert "abc" in screens.frames.changes(frame)
