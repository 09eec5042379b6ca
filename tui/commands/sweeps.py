"""Starting work: ``demo``, ``presets``, ``sweep`` and ``run``."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.specification.config import CHOICES, FIELDS, TYPES
from tui.commands.output import print_json, print_table, say

if TYPE_CHECKING:
    from engine.launch import Submitted
    from engine.specification.sweep import Sweep
    from store.database import Store
    from tui.commands.context import Settings

Device = Annotated[
    str, typer.Option(help="auto (every GPU, else the CPU), cpu, cuda:0, …, or mps.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what it would cost; store and start nothing.")
]
Detach = Annotated[bool, typer.Option("--detach", help="Start it and return at once.")]
Name = Annotated[str | None, typer.Option(help="A name for it in lists; the preset's otherwise.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Set a field; several values make an axis: width=8,16,32..64:8. May be repeated.",
    ),
]


def register(cli: typer.Typer) -> None:
    """Add the commands of this module."""
    cli.command(epilog="Example: grok-tui demo")(demo)
    cli.command(epilog="Example: grok-tui presets fig2 > mine.toml")(presets)
    cli.command(epilog="Example: grok-tui sweep demo --set seeds=5 --set steps=8000 --detach")(
        sweep
    )
    cli.command(epilog="Example: grok-tui run --width 64 --train-size 4000 --steps 15000")(
        _run_command()
    )


def demo(context: typer.Context, device: Device = "auto", detach: Detach = False) -> None:
    """Train a grid of small transformers and print its phase grid: about a minute on a laptop."""
    from engine.specification.presets import load

    _start(context.obj, load("demo"), device, dry_run=False, detach=detach, as_json=False)


def presets(
    name: Annotated[str | None, typer.Argument(help="Print this one's TOML, to edit.")] = None,
    as_json: Json = False,
) -> None:
    """List the sweeps that come with the program."""
    from engine.specification.presets import load, names, text

    if name is not None:
        if as_json:
            print_json(dataclasses.asdict(load(name)))
        else:
            typer.echo(text(name), nl=False)
        return
    rows = [
        {"preset": one, "runs": len(load(one).runs()), "title": load(one).title} for one in names()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows)


def sweep(
    context: typer.Context,
    preset_or_file: Annotated[str, typer.Argument(help="A preset's name, or a TOML file.")],
    changes: Set = None,
    name: Name = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    detach: Detach = False,
    as_json: Json = False,
) -> None:
    """Train every run of a preset or of a TOML file, and show how it goes."""
    from engine.specification.presets import load
    from engine.specification.sweep import with_changes

    specification = with_changes(load(preset_or_file), changes_of(changes or []))
    if name is not None:
        specification = dataclasses.replace(specification, name=name)
    _start(context.obj, specification, device, dry_run=dry_run, detach=detach, as_json=as_json)


def _run_command() -> Any:
    """Return the command ``run``, with one option for every field of a configuration."""

    def run(context: typer.Context, **options: Any) -> None:
        """Train one run: a sweep of one. Every field of its configuration is an option."""
        from engine.specification.sweep import Sweep
        from engine.specification.values import convert

        base = {
            field: convert(field, options[field]) for field in FIELDS if options[field] is not None
        }
        specification = Sweep(name=options["name"] or "run", base=base)
        _start(
            context.obj,
            specification,
            options["device"],
            dry_run=options["dry_run"],
            detach=options["detach"],
            as_json=options["as_json"],
        )

    shared = {"name": (Name, None), "device": (Device, "auto"), "dry_run": (DryRun, False),
              "detach": (Detach, False), "as_json": (Json, False)}  # fmt: skip
    parameters = [
        inspect.Parameter(
            "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
        ),
        *(
            inspect.Parameter(
                field, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_field_option(field)
            )
            for field in FIELDS
        ),
        *(
            inspect.Parameter(
                key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )
            for key, (annotation, default) in shared.items()
        ),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _field_option(field: str) -> Any:
    option = "--" + field.replace("_", "-")
    declared = f"{option}/--no-{option[2:]}" if TYPES[field] is bool else option
    metavar = "|".join(CHOICES[field]) if field in CHOICES else TYPES[field].__name__.upper()
    return Annotated[
        (bool if TYPES[field] is bool else str) | None,
        typer.Option(
            declared,
            help=FIELDS[field].metadata["help"] + ".",
            metavar=None if TYPES[field] is bool else metavar,
            show_default=str(FIELDS[field].default),
        ),
    ]


def changes_of(changes: list[str]) -> dict[str, str]:
    """The words FIELD=VALUE as pairs.

    Raises:
        SpecificationError: a word has no equals sign.
    """
    from engine.specification.errors import SpecificationError

    pairs = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise SpecificationError(f"--set {change} sets nothing; write --set field=value.")
        pairs[key.strip().replace("-", "_")] = value
    return pairs


def _start(
    settings: Settings,
    specification: Sweep,
    device: str,
    *,
    dry_run: bool,
    detach: bool,
    as_json: bool,
) -> None:
    if dry_run:
        _print_cost(specification, device, as_json=as_json)
        return
    from engine.launch import submit

    store = settings.open()
    submitted = submit(store, specification, device)
    say(f"Sweep s{submitted.sweep_id} ({specification.name}): {len(submitted.run_ids)} runs.")
    set_going(store, submitted, device, detach=detach, as_json=as_json)


def set_going(
    store: Store, submitted: Submitted, device: str, *, detach: bool, as_json: bool
) -> None:
    """See that a worker is there for a sweep that is queued; watch it unless it is detached."""
    from engine.launch import ensure_workers
    from tui.commands.follow import follow

    workers = ensure_workers(store, device)
    if detach:
        say(f"Training on {', '.join(workers)}; `grok-tui show s{submitted.sweep_id}` looks at it.")
        if as_json:
            print_json(dataclasses.asdict(submitted))
        return
    raise typer.Exit(follow(store, submitted.sweep_id, device, as_json=as_json))


def _print_cost(specification: Sweep, device: str, *, as_json: bool) -> None:
    from engine.devices import resolve
    from engine.specification.estimate import estimate
    from tui.plots.numbers import format_bytes, format_count, format_duration

    place = resolve(device)[0]
    cost = estimate(specification.runs(), place)
    if as_json:
        print_json({**dataclasses.asdict(cost), "device": place, "sweep": specification.name})
        return
    print_table(
        [
            {
                "sweep": specification.name,
                "device": place,
                "runs": cost.runs,
                "parameters": format_count(cost.parameters),
                "operations": format_count(cost.operations),
                "memory": format_bytes(cost.memory_bytes),
                "time, about": format_duration(cost.seconds),
            }
        ]
    )
