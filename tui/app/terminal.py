"""What Textual leaves to the application: odd input bytes, endings by signal, the background.

Each function names the trouble it is there for; the tests drive them in a real pseudo-terminal.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable
from contextlib import suppress

from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread

_X10_MOUSE = re.compile(rb"\x1b\[M[\x00-\xff]{3}", re.DOTALL)
_X10_START = re.compile(rb"\x1b\[(M[\x00-\xff]{0,2})?\Z", re.DOTALL)


class InputDecoder(codecs.IncrementalDecoder):
    """UTF-8 without legacy mouse reports, and without ever failing.

    After a tmux client attaches again the terminal may report the mouse in the X10 form, ESC [ M
    and three bytes. Beyond column 95 they are not UTF-8, and Textual's strict decoder ends the app
    (Textual issue 6668); below it they would be read as keys.
    """

    def __init__(self) -> None:
        super().__init__()
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = b""

    def decode(self, data: bytes, final: bool = False) -> str:  # type: ignore[override]
        """The text of ``data``; the start of a mouse report is held back until it is complete."""
        data = _X10_MOUSE.sub(b"", self._held + data)
        start = None if final else _X10_START.search(data)
        self._held = data[start.start() :] if start else b""
        return self._utf8.decode(data[: start.start()] if start else data, final)


def accept_any_input() -> None:
    """Make Textual's terminal driver use :class:`InputDecoder`, until its own fix is released."""
    setattr(linux_driver, "getincrementaldecoder", lambda encoding: InputDecoder)  # noqa: B010


class LastingWriter(WriterThread):
    """Goes on taking what is written when the terminal is gone.

    Textual's thread ends at the first error, and the app then waits for ever for room in its queue:
    a terminal that hangs up sends SIGCONT too, at which Textual writes its whole beginning again.
    """

    def run(self) -> None:
        """Write what comes; throw it away once writing has failed."""
        gone = False
        while (text := self._queue.get()) is not None:
            if gone:
                continue
            try:
                self._file.write(text)
                if self._queue.empty():
                    self._file.flush()
            except OSError:
                gone = True
        with suppress(OSError):
            self._file.flush()


def outlive_terminal() -> None:
    """Make Textual's terminal driver use :class:`LastingWriter`."""
    setattr(linux_driver, "WriterThread", LastingWriter)  # noqa: B010


def leave_on_signals(leave: Callable[[], None]) -> None:
    """Call ``leave`` on SIGTERM and SIGHUP, inside the running event loop.

    Textual alone would end with the alternate screen and mouse tracking still on.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        with suppress(NotImplementedError):  # a loop that cannot: not on POSIX
            loop.add_signal_handler(number, leave)


def is_ascii_tmux() -> bool:
    """Whether this is a tmux client that shows only ASCII: one attached without a UTF-8 locale.

    It replaces every braille dot and box line with a placeholder, so a chart would be unreadable.
    """
    if "TMUX" not in os.environ:
        return False
    question = ["tmux", "display-message", "-p", "#{client_utf8}"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=1, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.stdout.strip() == "0"


def background_is_light(wait: float = 0.15) -> bool | None:
    """Whether the terminal's background is light; None where it does not tell.

    Asks the terminal (OSC 11) before Textual takes it over, then looks at COLORFGBG.
    """
    answer = _ask_background(wait) if sys.stdin.isatty() and sys.stdout.isatty() else None
    if answer is not None:
        red, green, blue = answer
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5
    code = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return int(code) in (7, *range(9, 16)) if code.isdigit() else None


def _ask_background(wait: float) -> tuple[float, float, float] | None:
    descriptor = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        return None
    received = b""
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        # every terminal answers the second question, so an unknown first one costs no waiting
        os.write(sys.stdout.fileno(), b"\x1b]11;?\x1b\\\x1b[c")
        deadline = time.monotonic() + wait
        while not re.search(rb"\x1b\[\?[\d;]*c", received):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                break
            received += os.read(descriptor, 1024)
    except OSError:
        return None
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
    found = re.search(rb"rgb:([0-9a-fA-F]+)/([0-9a-fA-F]+)/([0-9a-fA-F]+)", received)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    return red, green, blue
