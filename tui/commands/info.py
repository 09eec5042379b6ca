"""``info``: versions, devices, where every file lives, who holds the database."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Annotated, Any

import typer

from tui.commands.output import print_json, print_table

LIBRARIES = ("grok-tui", "torch", "duckdb", "textual", "plotext", "safetensors", "numpy")


def register(cli: typer.Typer) -> None:
    """Add the command of this module."""
    cli.command(epilog="Example: grok-tui info --json")(info)


def info(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show versions, devices, where every file lives, and who holds the database."""
    from engine.devices import detect
    from store.checkpoints import missing_checkpoints
    from store.errors import DatabaseHeld
    from store.leases import LeaseObserver
    from store.spool import damaged, waiting

    store = context.obj.open()
    layout = store.layout
    missing: list[str] | None = None  # not known while the database is held
    try:
        missing = [str(checkpoint.path) for checkpoint in missing_checkpoints(store, wait=0.2)]
        holder = "nobody"
    except DatabaseHeld as held:
        holder = held.holder
    workers = [w for w in LeaseObserver(layout).workers() if w.alive]
    facts: dict[str, Any] = {
        **{f"version of {name}": version(name) for name in LIBRARIES},
        "version of Python": platform.python_version(),
        "devices": detect(),
        "store": str(layout.root.absolute()),
        "database": str(layout.database.absolute()),
        "database bytes": layout.database.stat().st_size,
        "database held by": holder,
        "spool": str(layout.spool.absolute()),
        "batches waiting": len(waiting(layout)),
        "damaged batches": len(damaged(layout)),
        "checkpoints": str(layout.checkpoints.absolute()),
        "checkpoints without their file": missing,
        "workers": str(layout.workers.absolute()),
        "logs": str(layout.logs.absolute()),
        "workers alive": [w.worker_id for w in workers],
    }
    if as_json:
        print_json(facts)
    else:
        print_table([{"": name, "here": value} for name, value in facts.items()])
