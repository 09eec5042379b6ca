"""The app without a terminal: keys go in through Textual's pilot."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.keys import _character_to_key
from textual.pilot import Pilot

from store.database import Store
from tui.app.app import GrokApp


class Driver:
    """A running app; ``press`` waits until what the keys caused is done."""

    def __init__(self, app: GrokApp, pilot: Pilot[Any]) -> None:
        self.app, self._pilot = app, pilot

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            await self._pilot.press(key)
        await self.settle()

    async def start(self, key: str) -> None:
        """Press a key, and do not wait for what it causes."""
        await self._pilot.press(key)

    async def click(self, x: int, y: int) -> None:
        """Click on a cell of the screen."""
        await self._pilot.click(offset=(x, y))
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        """Make the terminal another size."""
        await self._pilot.resize_terminal(width, height)
        await self.settle()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*(_character_to_key(c) for c in text))

    async def settle(self) -> None:
        """Let every worker end and every message be handled."""
        await self._pilot.pause()
        while any(not worker.is_finished for worker in self.app.workers):
            await self.app.workers.wait_for_complete()
            await self._pilot.pause()

    async def until(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        """Wait for a condition."""
        for _ in range(int(seconds / 0.05)):
            if condition():
                return
            await self._pilot.pause(0.05)
        raise AssertionError(f"waited in vain; the screen shows:\n{self.text}")

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    @property
    def notices(self) -> str:
        """Every notification in sight."""
        return "\n".join(str(n.message) for n in self.app._notifications)


@asynccontextmanager
async def opened(
    store: Store, size: tuple[int, int] = (130, 36), **options: Any
) -> AsyncIterator[Driver]:
    """The app over a store, with all runs read."""
    app = GrokApp(store, light=False, **options)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.until(
            lambda: app.data_version >= 2 or (not app.reader.reading and app.data_version)
        )
        await driver.settle()
        yield driver


def drive(
    store: Store, script: Callable[[Driver], Awaitable[None]], state: Path, **options: Any
) -> None:
    """Run a script against the app; its view state is below ``state``."""
    os.environ["XDG_STATE_HOME"] = str(state)

    async def main() -> None:
        async with opened(store, **options) as driver:
            await script(driver)

    asyncio.run(main())
