"""``fork``: another future for a run, from one of its checkpoints."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from tui.commands.context import select
from tui.commands.output import say
from tui.commands.sweeps import Detach, Device, Json, Name, changes_of, set_going


def register(cli: typer.Typer) -> None:
    """Add the command of this module."""
    cli.command(epilog="Example: grok-tui fork 12 --set train_size=300,400 --set steps=8000")(fork)


def fork(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="RUN", help="The parent: the id of a run.")],
    at: Annotated[
        int | None, typer.Option(help="The step of a checkpoint; the last one otherwise.", min=0)
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="train_size, learning_rate, weight_decay or steps; several values make several "
            "forks. May be repeated.",
        ),
    ] = None,
    name: Name = None,
    device: Device = "auto",
    detach: Detach = False,
    as_json: Json = False,
) -> None:
    """Continue a run from a checkpoint with another training size, decay, rate or budget.

    The fork is a run of its own, with a parent: `grok-tui ls checkpoints` lists where it can start.
    """
    from engine.launch import config_of_run
    from engine.launch import fork as queue_forks
    from engine.specification.sweep import Sweep, with_changes
    from store.forks import checkpoint_at

    store = context.obj.open()
    run_id = select(store, which).one_run()
    parent = config_of_run(store, run_id)
    checkpoint = checkpoint_at(store, run_id, at)
    specification = with_changes(
        Sweep(
            name=name or f"fork of {run_id}",
            description=f"From run {run_id} at step {checkpoint.step}.",
            base=dataclasses.asdict(parent),
        ),
        changes_of(changes or []),
    )
    parents = [(parent, checkpoint)] * len(specification.runs())
    submitted = queue_forks(store, specification, parents, device)
    say(
        f"Sweep s{submitted.sweep_id} ({specification.name}): {len(submitted.run_ids)} forks of "
        f"run {run_id} at step {checkpoint.step}."
    )
    set_going(store, submitted, device, detach=detach, as_json=as_json)
