"""``export``: a sweep as files that any tool reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.commands.context import select
from tui.commands.output import say


def register(cli: typer.Typer) -> None:
    """Add the command of this module."""
    cli.command(epilog="Example: grok-tui export s3 my-sweep")(export)


def export(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="SWEEP", help="s3, or a sweep's name.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it is not there.")],
) -> None:
    """Write a sweep as files: metrics (Parquet), weights (safetensors), specification (TOML)."""
    from store.errors import StoreError
    from store.export import export_sweep

    store = context.obj.open()
    selection = select(store, which)
    if selection.sweep_id is None:
        raise StoreError(f"{selection.words} is not a sweep; `grok-tui ls sweeps` lists them.")
    export_sweep(store, selection.sweep_id, folder)
    say(f"Wrote {selection.words} to {folder}.")
