"""``grok-tui`` and ``python -m tui``: run a command. Exit codes: see :mod:`tui.failures`."""

from __future__ import annotations

import sys

from tui.commands import cli
from tui.failures import exit_code


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(exit_code(cli))


if __name__ == "__main__":
    main()
