"""The Textual app. :func:`run_app` opens it; nothing here is imported by other commands."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path


def run_app(
    store_folder: Path, *, ascii_only: bool = False, mouse: bool = True, reset_view: bool = False
) -> None:
    """Open the app over a store until the user leaves.

    ``ascii_only`` draws without any character beyond ASCII in charts, grids and tables; a tmux
    client that shows no others has the same effect. Without ``mouse`` the terminal keeps the mouse
    to itself. ``reset_view`` forgets filters, columns and sort.

    Raises:
        StoreError: the store cannot be opened.
        Exception: the internal error that has ended the app; the terminal is restored.
    """
    # over SSH, frames are traffic: nothing moves by itself, and 30 frames a second are enough
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if "SSH_CONNECTION" in os.environ:
        os.environ.setdefault("TEXTUAL_FPS", "30")

    from tui.app.memory import collect_often, import_asyncio_without_tls, share_memory

    share_memory()
    import_asyncio_without_tls()
    gc.disable()  # a hundred thousand objects are made now, and none of them is garbage
    from store.database import Store
    from tui.app.app import GrokApp
    from tui.app.terminal import (
        accept_any_input,
        background_is_light,
        is_ascii_tmux,
        outlive_terminal,
    )

    sys.setswitchinterval(0.001)  # threads draw charts; the keyboard waits this long for them
    gc.freeze()  # nor will they be: looking through them takes longer than a frame may
    gc.enable()
    collect_often()
    store = Store.open(store_folder)
    accept_any_input()
    outlive_terminal()
    app = GrokApp(
        store,
        ascii_only=ascii_only or is_ascii_tmux(),
        light=background_is_light(),
        reset_view=reset_view,
    )
    app.run(mouse=mouse)
    if app.failure is not None:
        raise app.failure
    print("Left grok-tui. What trains goes on training; `grok-tui` shows it again.")
