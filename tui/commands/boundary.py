"""``boundary``: where a zone begins, with a fraction of a grid's runs."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from typing import Annotated, Any

import typer

from tui.commands.output import print_json, print_table, say
from tui.commands.sweeps import Device, DryRun, Json, Name, Set, changes_of


class ZoneOption(StrEnum):
    """The zone whose boundary is sought."""

    GROKKING = "grokking"
    UNGROKKING = "ungrokking"
    PROGRESSION = "progression"


def register(cli: typer.Typer) -> None:
    """Add the command of this module."""
    cli.command(
        epilog="Example: grok-tui boundary --axis train_size --where width=24,32,48 --zone grokking"
    )(boundary)


def boundary(
    context: typer.Context,
    axis: Annotated[str, typer.Option(help="The field along which the boundary is sought.")],
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=VALUES",
            help="Each value is a line with a boundary of its own: width=8,16,32. May be repeated.",
        ),
    ] = None,
    zone: Annotated[
        ZoneOption,
        typer.Option(help="grokking: final validation accuracy reaches the threshold critical."),
    ] = ZoneOption.GROKKING,
    values: Annotated[
        str | None,
        typer.Option(help="Values of the axis, as 300..700:20; otherwise the preset's range."),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Runs side by side on every line.", min=1)] = 5,
    base: Annotated[
        str, typer.Option("--from", help="The preset or TOML file with everything else.")
    ] = "laptop/fig3",
    changes: Set = None,
    name: Name = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Find the boundary of a zone by bisection, for each seed its own, instead of a full grid.

    The answer is the mean over seeds with its 95 % interval. For train_size and grokking it is the
    critical size of a grid, with about log2(n) of its n runs a seed.
    """
    from engine.boundary import Search
    from engine.launch import ensure_workers
    from engine.specification.values import parse_values
    from tui.commands.follow import INTERRUPTED, watch
    from tui.commands.progress import Watcher

    along = _along(base, axis, values)
    specification = _specification(base, axis, (where or []) + (changes or []), name)
    candidates = sorted(parse_values(axis, along))
    search = Search(context.obj.open(), specification, axis, candidates, seeds, zone.value, device)
    grid = len(search.searches) * seeds * len(candidates)
    if dry_run:
        most = len(search.searches) * (seeds * len(candidates).bit_length() + 2)
        print_table([{"lines": len(search.searches), "runs, at most": most, "of a grid": grid}])
        return
    for number, sweep_id in enumerate(search.rounds(), 1):
        say(f"Round {number}: sweep s{sweep_id}.")
        ensure_workers(search.store, device)
        if watch(search.store, sweep_id, Watcher(search.store, sweep_id, device)) is None:
            raise typer.Exit(INTERRUPTED)
    rows: list[dict[str, Any]] = [
        {**dict(key), axis: found.value, **_rest(found)}
        for key, found in search.boundaries().items()
    ]
    runs = sum(row["runs"] for row in rows)
    say(f"{runs} runs; the grid of {len(candidates)} values has {grid}.")
    if as_json:
        print_json({"sweep_id": search.sweep_id, "runs": runs, "grid": grid, "boundaries": rows})
    else:
        print_table(rows)


def _rest(found: Any) -> dict[str, Any]:
    return {k: v for k, v in dataclasses.asdict(found).items() if k != "value"}


def _along(base: str, axis: str, values: str | None) -> str:
    """The values of the axis as text: what was given, or the preset's own range in 32 steps."""
    from engine.specification.errors import SpecificationError
    from engine.specification.presets import load

    if values is not None:
        return values
    own = load(base).axes.get(axis, ())
    if len(own) < 2 or not all(isinstance(value, int) for value in own):
        raise SpecificationError(
            f"{base} has no range of {axis}; say which values with --values first..last:step."
        )
    return f"{min(own)}..{max(own)}:{max(1, (max(own) - min(own)) // 32)}"


def _specification(base: str, axis: str, changes: list[str], name: str | None) -> Any:
    from engine.specification.presets import load
    from engine.specification.sweep import with_changes

    changed = with_changes(load(base), changes_of(changes))
    axes = {field: values for field, values in changed.axes.items() if field not in (axis, "seed")}
    return dataclasses.replace(
        changed,
        name=name or f"boundary of {axis}",
        title="",
        description=f"Bisection along {axis}, from {base}.",
        axes=axes,
    )
