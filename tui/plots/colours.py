"""One palette for everything: told apart by colour-blind eyes, kept on 256- and 16-colour screens.

The run colours are those of Okabe and Ito (2008), *Color Universal Design*, moved to their
neighbours in the 256-colour cube so that no terminal has to approximate them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RUN_COLOURS: Final = (214, 75, 36, 175, 166, 33, 185, 245)
"""Orange, sky blue, green, purple, vermilion, blue, yellow, grey: codes of the 256-colour cube."""

ON_LIGHT: Final[Mapping[int, int]] = {
    214: 130, 75: 25, 36: 29, 175: 127, 166: 160, 33: 20, 185: 58, 245: 240, 221: 94,
}  # fmt: skip
"""What stands for each of these colours, as text, on a light background: the same hue, darker."""

ZONE_LETTERS: Final[Mapping[str, str]] = {
    "progression": "P",
    "ungrokking": "U",
    "semi-grokking": "S",
    "grokking": "G",
    "comprehension": "C",
    "undecided": "?",
}
"""Every zone and the letter that stands for it where colour is not enough."""

ZONE_COLOURS: Final[Mapping[str, int]] = {
    "progression": 175,
    "ungrokking": 166,
    "semi-grokking": 221,
    "grokking": 36,
    "comprehension": 75,
    "undecided": 245,
}

RAMP: Final = (17, 18, 24, 30, 36, 71, 107, 143, 185, 228)
"""Ten steps from dark blue to pale yellow, rising in lightness: values of a grid cell."""

RAMP_INK: Final = (255, 255, 255, 255, 16, 16, 16, 16, 16, 16)
"""The text colour that is legible on each step of :data:`RAMP`."""

STATE_GLYPHS: Final[Mapping[str, str]] = {
    "queued": "·",
    "running": "▶",
    "dead": "†",
    "paused": "‖",
    "finished": "✓",
    "stopped": "■",
    "diverged": "∞",
    "failed": "✗",
}
"""Every state of a run and its glyph; each is one column wide in any terminal. A run is dead that
its worker left behind when it was killed."""

STATE_GLYPHS_ASCII: Final[Mapping[str, str]] = {
    "queued": ".",
    "running": ">",
    "dead": "!",
    "paused": "=",
    "finished": "+",
    "stopped": "#",
    "diverged": "%",
    "failed": "x",
}

STATE_COLOURS: Final[Mapping[str, int]] = {
    "queued": 245,
    "running": 36,
    "dead": 166,
    "paused": 185,
    "finished": 75,
    "stopped": 245,
    "diverged": 166,
    "failed": 166,
}


def run_colour(run_id: int) -> int:
    """The colour of a run: the same in every view, session and process."""
    return RUN_COLOURS[run_id % len(RUN_COLOURS)]


def style(colour: int, *, background: bool = False) -> str:
    """A rich style for a code of the 256-colour cube."""
    return f"on color({colour})" if background else f"color({colour})"
