"""The app's own process: ``python -m tui.app FOLDER [--ascii] [--no-mouse] [--reset-view]``.

``grok-tui`` without a command becomes this. The app stays open for a day beside what trains, and
what the command line was read with (typer and pydantic) would keep 12 MB for as long.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from tui.failures import exit_code

ASCII, NO_MOUSE, RESET_VIEW = "--ascii", "--no-mouse", "--reset-view"


def become_app(folder: Path, *options: str) -> NoReturn:
    """Replace this process by the app over the store in ``folder``."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    sys.stdout.flush()
    # -P: a folder "store" where the user happens to be is not our package
    command = [sys.executable, "-P", "-m", "tui.app", str(folder), *options]
    os.execv(sys.executable, command)


def main() -> None:
    """Open the app and exit with its code."""
    folder, options = Path(sys.argv[1]), sys.argv[2:]

    def run() -> None:
        from tui.app import run_app

        run_app(
            folder,
            ascii_only=ASCII in options,
            mouse=NO_MOUSE not in options,
            reset_view=RESET_VIEW in options,
        )

    sys.exit(exit_code(run))


if __name__ == "__main__":
    main()
