"""``paper``: the study's figures and takeaways, from runs of your own."""

from __future__ import annotations

import os
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.output import print_json, print_table, print_text, say
from tui.commands.sweeps import Device, Json

if TYPE_CHECKING:
    from store.database import Store
    from tui.paper.figures import Figure, Scale
    from tui.paper.takeaways import Verdict


class ScaleOption(StrEnum):
    """The size of the experiments."""

    LAPTOP = "laptop"
    PAPER = "paper"


def register(cli: typer.Typer) -> None:
    """Add the command of this module."""
    cli.command(epilog="Example: grok-tui paper fig6")(paper)


def paper(
    context: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[FIGURE|all|takeaways|report]",
            help="A figure (fig6, ungrokking, epoch-wise), all, the verdicts, or a report.",
        ),
    ] = None,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where the report goes.")
    ] = None,
    scale: Annotated[
        ScaleOption, typer.Option(help="A small modulus, or the paper's own sizes.")
    ] = ScaleOption.LAPTOP,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Run what is missing of a figure of the study, draw it, and say what it shows.

    epoch-wise and sample-wise are other looks at the runs of fig6.

    Without an argument: every figure, how far it is and what it costs. The study is Huang et al.
    2024 (arXiv 2402.15175); `grok-tui presets fig6` prints an experiment as TOML.
    """
    from engine.specification.errors import SpecificationError
    from tui.paper.figures import FIGURES, figure

    if (folder is not None) != (what == "report"):
        raise SpecificationError("A folder goes with report alone: grok-tui paper report DIR.")
    store = context.obj.open()
    size: Scale = scale.value
    if what is None:
        _list(store, size, device, as_json=as_json)
    elif what == "takeaways":
        _takeaways(store, size, as_json=as_json)
    elif what == "report":
        from tui.paper.report import write_report

        assert folder is not None
        write_report(store, size, folder)
        say(f"Wrote {folder / 'README.md'}.")
    else:
        wanted = list(FIGURES.values()) if what == "all" else [figure(what)]
        for one in wanted:
            _run(store, one, size, device)
        _show(store, wanted, size, as_json=as_json)


def _list(store: Store, scale: Scale, device: str, *, as_json: bool) -> None:
    from engine.devices import resolve
    from engine.specification.estimate import estimate
    from tui.paper.figures import FIGURES
    from tui.paper.running import presets_of
    from tui.paper.state import experiment
    from tui.plots.numbers import format_duration

    place = resolve(device)[0]
    rows: list[dict[str, Any]] = []
    total = 0.0
    for one in FIGURES.values():
        experiments = [experiment(store, name) for name in presets_of(one, scale)]
        shown = experiments[-1]
        configs = [config for e in experiments for config in e.preset.runs()]
        seconds = estimate(configs, place).seconds
        total += 0.0 if one.source else seconds
        rows.append(
            {
                "figure": one.name,
                "title": one.title or shown.preset.title,
                "runs": len(configs),
                "state": shown.words,
                "sweep": f"s{shown.sweep_id}" if shown.sweep_id is not None else None,
                "seconds": seconds,
            }
        )
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["time, about"] = format_duration(row.pop("seconds"))
    print_table(rows)
    say(
        f"Scale {scale}, times on {place}: about {format_duration(total)} in all, less where runs "
        "settle early. Run one with: grok-tui paper fig6"
    )


def _run(store: Store, figure: Figure, scale: Scale, device: str) -> None:
    """Train what is missing, watched; exits where a person interrupts."""
    from tui.commands.follow import INTERRUPTED, watch
    from tui.commands.progress import Watcher
    from tui.paper.running import presets_of, set_going

    for preset in presets_of(figure, scale):
        sweep_id = set_going(store, figure, scale, preset, device)
        if sweep_id is None:
            continue
        say(f"{preset}: sweep s{sweep_id}.")
        if watch(store, sweep_id, Watcher(store, sweep_id, device)) is None:
            raise typer.Exit(INTERRUPTED)


def _show(store: Store, figures: list[Figure], scale: Scale, *, as_json: bool) -> None:
    from tui.paper.data import read
    from tui.paper.drawing import Look, draw
    from tui.paper.takeaways import verdicts

    numbers = {number for one in figures for number in one.takeaways}
    decided, sweeps = verdicts(store, scale, numbers)
    data = {one.name: read(store, one, sweeps[one.name]) for one in figures}
    if as_json:
        print_json(
            {
                "sweeps": sweeps,
                "takeaways": [_plain(verdict) for verdict in decided],
                "descents": {one.name: data[one.name].descents for one in figures if one.descent},
            }
        )
        return
    look = Look(
        width=shutil.get_terminal_size((100, 24)).columns,
        colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
    )
    for one in figures:
        print(f"{one.name}: {one.found}\n")
        print_text(draw(one, data[one.name], look))
        print()
    for verdict in decided:
        print(f"{verdict.takeaway.number}. {verdict.takeaway.statement}")
        print(f"   {verdict.word}: {verdict.sentence}.")


def _takeaways(store: Store, scale: Scale, *, as_json: bool) -> None:
    from tui.paper.takeaways import verdicts

    decided, _ = verdicts(store, scale)
    if as_json:
        print_json([_plain(verdict) for verdict in decided])
        return
    for verdict in decided:
        print(f"{verdict.takeaway.number}. {verdict.takeaway.statement}")
        print(f"   {verdict.word}: {verdict.sentence}.\n")
        print("\n".join(f"     {line}" for line in verdict.query.splitlines()) + "\n")


def _plain(verdict: Verdict) -> dict[str, Any]:
    return {
        "takeaway": verdict.takeaway.number,
        "statement": verdict.takeaway.statement,
        "verdict": verdict.word,
        "numbers": dict(verdict.numbers),
        "words": verdict.sentence,
        "sql": verdict.query,
    }
