"""Progress on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from tui.commands.output import say
from tui.plots.numbers import format_count, format_duration

if TYPE_CHECKING:
    from rich.progress import TaskID

    from tui.commands.progress import Progress

LINE_SECONDS = 10.0  # between two lines where no terminal is


class Display(Protocol):
    """Where progress is shown."""

    def update(self, progress: Progress) -> None:
        """Show ``progress``."""

    def hide(self) -> None:
        """Make room for a question."""

    def show(self) -> None:
        """Come back after it."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Bars:
    """A line with a bar on a terminal."""

    def __init__(self) -> None:
        from rich import progress
        from rich.console import Console

        self._bars = progress.Progress(
            progress.TextColumn("{task.fields[runs]}", markup=False),
            progress.BarColumn(bar_width=None),
            progress.TaskProgressColumn(),
            progress.TextColumn("{task.fields[rate]}", markup=False),
            progress.TextColumn("{task.fields[ensembles]}", style="dim", markup=False),
            console=Console(stderr=True),
            expand=True,
            transient=True,
        )
        self._task: TaskID = self._bars.add_task("", total=None, runs="", rate="", ensembles="")

    def update(self, progress: Progress) -> None:
        """Show ``progress``."""
        note = "; ".join(progress.ensembles) or "starting"
        if progress.held_by:
            note = f"database held by {progress.held_by}; rows wait in the spool"
        self._bars.update(
            self._task,
            total=progress.total or None,
            completed=progress.done,
            runs=f"{progress.ended}/{progress.runs} runs",
            rate=_speed(progress),
            ensembles=note,
        )

    def hide(self) -> None:
        """Take the bar away, so that a question can be asked."""
        self._bars.stop()

    def show(self) -> None:
        """Bring the bar back."""
        self._bars.start()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()


class Lines:
    """A line now and then, where no terminal is."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def update(self, progress: Progress) -> None:
        """Print ``progress`` if it is time."""
        now = time.monotonic()
        if now - self._last < LINE_SECONDS and not progress.waiting:
            return
        self._last = now
        share = progress.done / progress.total if progress.total else 0.0
        held = f"; database held by {progress.held_by}" if progress.held_by else ""
        say(f"{progress.ended}/{progress.runs} runs, {share:.0%}, {_speed(progress)}{held}")

    def hide(self) -> None:
        """Nothing is on the screen."""

    def show(self) -> None:
        """Nothing is on the screen."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def display() -> Display:
    """What fits standard error."""
    return Bars() if sys.stderr.isatty() else Lines()


def _speed(progress: Progress) -> str:
    left = format_duration(progress.seconds_left)
    return f"{format_count(progress.rate)} steps/s, {left} left"
