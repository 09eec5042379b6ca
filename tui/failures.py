"""Every failure of a process is answered in one place: a sentence, or the path of a log.

Exit codes: 0 done; 1 it could not be done, and a sentence says why; 2 the command line is wrong;
70 an internal error, whose traceback is in a log file; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path


def exit_code(action: Callable[[], object]) -> int:
    """Do something, and say what went wrong on standard error; the process's exit code."""
    try:
        action()
    except BrokenPipeError:  # `grok-tui ls | head`: whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _answer(error)
    return 0


def _answer(error: Exception) -> int:
    from engine.specification.errors import SpecificationError
    from store.errors import StoreError

    if isinstance(error, StoreError | SpecificationError):
        print(error, file=sys.stderr)
        return 1
    print(
        f"Internal error: {type(error).__name__}: {error}\n"
        f"This is a mistake in grok-tui; its traceback is in {_write_traceback()}.",
        file=sys.stderr,
    )
    return 70


def _write_traceback() -> str:
    from platformdirs import user_log_path

    for folder in (user_log_path("grok-tui"), Path.cwd()):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / "grok-tui-error.log"
            with file.open("a", encoding="utf-8") as output:
                output.write(f"$ {' '.join(sys.argv)}\n{traceback.format_exc()}\n")
            return str(file)
        except OSError:
            continue
    traceback.print_exc()
    return "the lines above"
