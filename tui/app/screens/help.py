"""Help: every action with its keys, from the table that keys and footer derive from."""

from __future__ import annotations

from tui.app.actions import ACTIONS, Action, actions_of
from tui.app.screens.dialogs import Choose


def help_on(view: str) -> Choose:
    """A list to search, the view's own actions first; its answer is an action's id, or nothing."""
    lines = [_line(action, action.description) for action in actions_of(view)]
    lines += [
        _line(action, f"{action.description} (in {', '.join(action.views)})")
        for action in ACTIONS
        if action.views and view not in action.views
    ]
    lines.append(("", "mouse", "Shift and drag selects text; --no-mouse leaves the mouse alone"))
    return Choose(f"Actions in {view}, then the others", lines, 26)


def _line(action: Action, words: str) -> tuple[str, str, str]:
    keys = action.key_names.replace("^", "ctrl+")  # as one searches for them
    return action.id, f"{keys:<12}{action.title}", words
