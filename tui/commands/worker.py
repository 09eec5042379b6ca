"""``worker``: train what is queued, in the foreground of this terminal or in a job script."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tui.commands.output import say


def register(cli: typer.Typer) -> None:
    """Add the command of this module."""
    cli.command(epilog="Example: grok-tui worker --device cuda:1")(worker)


def worker(
    context: typer.Context,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda:0, …, or mps.")] = "auto",
    threads: Annotated[
        int | None, typer.Option(help="CPU threads; otherwise the cores that are free.", min=1)
    ] = None,
    memory: Annotated[
        float | None,
        typer.Option(help="GiB that an ensemble may take; otherwise half of what is free.", min=0),
    ] = None,
) -> None:
    """Train what is in the queue on one device, then leave. Other commands start it by themselves.

    Ctrl-C or SIGTERM: it writes checkpoints, puts its runs back into the queue, and leaves.
    """
    from engine.devices import resolve
    from engine.launch import new_worker_id, worker_command, worker_environment

    store = context.obj.open()
    place = resolve(device)[0]
    command = worker_command(store, place, new_worker_id(place))
    if threads is not None:
        command += ["--threads", str(threads)]
    if memory is not None:
        command += ["--memory", str(int(memory * 2**30))]
    say(f"Worker {command[-1]} on {place}; store {store.root}.")
    os.execve(command[0], command, worker_environment())
