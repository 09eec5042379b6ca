"""Every action of every view, by every key of its: something happens, or a reason is given."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.app.driving import Driver
from tui.app.actions import VIEWS, Action, actions_of
from tui.app.views.grid import GridView
from tui.app.views.paper import PaperView
from tui.app.views.runs import RunsView
from tui.app.views.sql import SqlView
from tui.app.widgets.editor import Editor

Run = Callable[..., None]

BEFORE: dict[tuple[str, str], tuple[str, ...]] = {
    ("runs", "left"): ("l",),
    ("paper", "left"): ("l",),
    ("sql", "left"): ("l",),
    ("sql", "execute"): ("E", *"SELECT 2", "escape"),
    ("curves", "reset"): ("plus",),
    ("curves", "zoom_out"): ("plus",),
    ("curves", "unmark"): ("space",),
    ("grid", "unmark"): ("space",),
    ("runs", "unmark"): ("space",),
}
"""What is pressed before an action as well, so that there is something to undo."""

ALONE = ("quit", "back", "redraw")
"""What ends the app, or has nothing to do here; these have tests of their own."""

FITS = {
    "system": ("down", "up", "first", "last", "page_down", "page_up"),
    "sql": ("left", "right"),
    "paper": ("left", "right", "panel_down", "panel_up"),
}
"""Scrolling where all is in sight; these have tests in small terminals."""


def seen(d: Driver) -> object:
    """What a user sees of the app: characters with their colours, notices, dialogs."""
    strips = d.app.screen._compositor.render_strips()
    screen = [[(segment.text, segment.style) for segment in strip] for strip in strips]
    return screen, d.notices, len(d.app.screen_stack), d.app.theme


async def come_to(d: Driver, view: str) -> None:
    """Stand in a view where one can go everywhere, by a run that has curves."""
    while len(d.app.screen_stack) > 1:
        await d.press("escape")
    d.app.clear_notifications()
    runs = d.app._views["runs"]
    assert isinstance(runs, RunsView)
    runs.rows.go_to_key(20)
    await d.press(str(VIEWS.index(view) + 1))
    if isinstance(d.app.view, SqlView):
        editor = d.app.view.query_one(Editor)
        if "range" not in editor.text:
            editor.text = "SELECT range AS n, repeat('x', 300) AS x, range AS run_id FROM range(90)"
            await d.press("f5", "escape")
        d.app.view.focused_table.move_to(40)
    if isinstance(d.app.view, GridView):
        d.app.view.plane.cursor = (8, 300)
        d.app.view.update()
        await d.settle()
    if isinstance(d.app.view, PaperView):
        d.app.view.focused_table.move_to(5)


async def try_key(d: Driver, view: str, action: Action, key: str) -> bool:
    """Press a key in the view; whether anything is different then."""
    await come_to(d, view)
    await d.press(*BEFORE.get((view, action.id), ()))
    before = seen(d)
    await d.press(key)
    return seen(d) != before


@pytest.mark.parametrize("view", VIEWS)
def test_every_key_does_something_or_says_why_not(run: Run, view: str) -> None:
    idle: list[str] = []

    async def script(d: Driver) -> None:
        for action in actions_of(view):
            if action.id in (*ALONE, *FITS.get(view, ()), f"view_{view}"):
                continue
            for key in action.keys:
                if not await try_key(d, view, action, key):
                    idle.append(f"{key} ({action.id})")
                assert d.app.is_running, action.id

    run(script)
    assert not idle, ", ".join(idle)
