"""A real pseudo-terminal around the app: keys go in, pyte reads the screen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[3]
START = (
    "import sys; from tui.__main__ import main; "
    "sys.argv[:] = ['grok-tui', '--store', *sys.argv[1:]]; main()"
)
"""The program as its user starts it; the app takes the place of the command's process."""


class Terminal:
    """The app in a terminal of ``columns`` × ``rows``. Use as a context manager."""

    def __init__(
        self, store: Path, state: Path, columns: int = 120, rows: int = 36, *options: str,
        start: str = START, environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.received = bytearray()
        self._master, slave = pty.openpty()
        self._resize(columns, rows)
        inherited = {
            **os.environ,
            "TERM": "xterm-256color",
            "XDG_STATE_HOME": str(state),
            "PYTHONPATH": str(ROOT),
        }
        for name in ("NO_COLOR", "COLORTERM", "COLORFGBG"):
            inherited.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", start, str(store), *options],
            stdin=slave, stdout=slave, stderr=slave, env={**inherited, **(environment or {})},
            cwd=ROOT, start_new_session=True,
            preexec_fn=_own_terminal,
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self._master)

    def send(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the app gets SIGWINCH."""
        self._resize(columns, rows)
        self.screen.resize(rows, columns)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def read(self, seconds: float) -> bytes:
        """What the app writes within a time; answers the questions that a terminal answers."""
        new = bytearray()
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self._master], [], [], left)[0]:
                break
            try:
                chunk = os.read(self._master, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            new += chunk
            if b"\x1b[c" in chunk:
                self.send(b"\x1b[?62;c")
            self._stream.feed(chunk)
        self.received += new
        return bytes(new)

    def read_some(self, seconds: float) -> bytes:
        """The first bytes that the app writes within a time."""
        if not select.select([self._master], [], [], seconds)[0]:
            return b""
        chunk = os.read(self._master, 65536)
        self._stream.feed(chunk)
        self.received += chunk
        return chunk

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(self.screen.display)

    def wait_for(self, condition: str | Callable[[str], bool], seconds: float = 20.0) -> str:
        """Read until the screen shows a text or satisfies a condition."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(0.05)
            shown = self.text
            if condition in shown if isinstance(condition, str) else condition(shown):
                return shown
            if self.process.poll() is not None:
                self.read(0.2)
                break
        raise AssertionError(f"waited for {condition!r}; the screen shows:\n{self.text}")

    def wait_exit(self, seconds: float = 10.0) -> int:
        """Read until the app has ended; its exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        self.read(0.2)
        assert self.process.poll() is not None, "the app did not end"
        return int(self.process.returncode)

    def scribble(self, text: str) -> None:
        """Write on the screen past the app, as another program does."""
        self._stream.feed(b"\x1b[12;3H" + text.encode())

    def hang_up(self) -> None:
        """Close the terminal, as a dropped connection does."""
        os.close(self._master)

    def _resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def is_restored(received: bytes | bytearray) -> bool:
    """Whether the last word on the alternate screen and on mouse tracking is "off"."""

    def off(mode: bytes) -> bool:
        return received.rfind(b"\x1b[?" + mode + b"l") > received.rfind(b"\x1b[?" + mode + b"h")

    return off(b"1049") and off(b"1003") and off(b"1000")
