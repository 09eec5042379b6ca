"""Steering: ``stop``, ``pause``, ``resume``, ``rm``, ``tag`` and ``note``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.context import select
from tui.commands.output import say

if TYPE_CHECKING:
    from store.queue import Wanted

Which = Annotated[str, typer.Argument(help="A run (12), a sweep (s3 or its name), or all.")]


def register(cli: typer.Typer) -> None:
    """Add the commands of this module."""
    cli.command(epilog="Example: grok-tui stop s3")(stop)
    cli.command(epilog="Example: grok-tui pause all")(pause)
    cli.command(epilog="Example: grok-tui resume s3")(resume)
    cli.command(epilog="Example: grok-tui rm 12 --yes")(rm)
    cli.command(epilog="Example: grok-tui tag s3 baseline")(tag)
    cli.command(epilog='Example: grok-tui note s3 "lower learning rate than s2"')(note)


def stop(context: typer.Context, which: Which) -> None:
    """End runs: each that trains writes a checkpoint first. `resume` takes them up again."""
    _request(context, which, "stop")


def pause(context: typer.Context, which: Which) -> None:
    """Let runs wait: each that trains writes a checkpoint first."""
    _request(context, which, "pause")


def resume(
    context: typer.Context,
    which: Which,
    device: Annotated[str, typer.Option(help="Where a worker is started if none is.")] = "auto",
) -> None:
    """Put paused, stopped or failed runs back into the queue, and see that a worker is there."""
    from engine.launch import ensure_workers

    outcome = _request(context, which, "resume")
    if outcome.keys() & {"queued", "already queued", "asked", "already running"}:
        say(f"Training on {', '.join(ensure_workers(context.obj.open(), device))}.")


def rm(
    context: typer.Context,
    which: Which,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete runs with their metrics and checkpoints. Runs that train must be stopped first."""
    from store.catalog import remove, remove_sweep

    store = context.obj.open()
    selection = select(store, which)
    if not yes:
        typer.confirm(
            f"Delete {selection.words}: {len(selection.run_ids)} runs, their metrics and "
            "checkpoints?",
            abort=True,
            err=True,
        )
    if selection.sweep_id is None:
        remove(store, selection.run_ids)
    else:
        remove_sweep(store, selection.sweep_id)
    say(f"Deleted {selection.words}: {len(selection.run_ids)} runs.")


def tag(
    context: typer.Context,
    which: Which,
    tags: Annotated[list[str], typer.Argument(help="Words; a leading ! takes one away.")],
) -> None:
    """Attach words to runs, for filters and SQL."""
    from store import catalog

    store = context.obj.open()
    selection = select(store, which)
    for word in tags:
        if word.startswith("!"):
            catalog.untag(store, selection.run_ids, word[1:])
        else:
            catalog.tag(store, selection.run_ids, word)
    say(f"Tagged {selection.words}: {len(selection.run_ids)} runs.")


def note(
    context: typer.Context,
    which: Which,
    text: Annotated[str, typer.Argument(help="The note; it replaces the one before.")],
) -> None:
    """Write a note on a run or a sweep."""
    from store import catalog

    store = context.obj.open()
    selection = select(store, which)
    if selection.sweep_id is None:
        catalog.set_note(store, selection.run_ids, text)
    else:
        catalog.set_sweep_note(store, selection.sweep_id, text)
    say(f"Noted on {selection.words}.")


def _request(context: typer.Context, which: str, wanted: Wanted) -> Counter[str]:
    """Ask for something of runs, say what came of it, and return that: runs by outcome."""
    from store.queue import request

    store = context.obj.open()
    selection = select(store, which)
    outcome = Counter(request(store, selection.run_ids, wanted).values())
    say(f"{selection.words}: " + (", ".join(f"{n} {w}" for w, n in outcome.items()) or "no runs"))
    return outcome
