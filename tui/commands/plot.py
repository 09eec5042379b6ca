"""Figures as text: ``plot curves`` and ``plot grid``."""

from __future__ import annotations

import os
import shutil
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands import query
from tui.commands.context import select
from tui.commands.output import print_text, say

if TYPE_CHECKING:
    from rich.text import Text

    from store.database import Store
    from tui.plots.slices import Slice

MOST_CURVES = 24

Which = Annotated[str, typer.Argument(metavar="ID", help="A run (12) or a sweep (s3, a name).")]
Width = Annotated[
    int | None, typer.Option(help="Columns; the terminal's otherwise.", min=20, max=1000)
]


class Format(StrEnum):
    """What ``plot`` prints."""

    TEXT = "text"
    SVG = "svg"
    CSV = "csv"


class XAxis(StrEnum):
    """What a curve is drawn over."""

    STEP = "step"
    SECONDS = "seconds"


FormatOption = Annotated[Format, typer.Option("--format", help="text, svg, or csv: the numbers.")]


def register(cli: typer.Typer) -> None:
    """Add the commands of this module."""
    plot = typer.Typer(
        name="plot", help="Draw learning curves or a phase grid as text.", no_args_is_help=True
    )
    plot.command(epilog="Example: grok-tui plot curves s3 --metric validation_accuracy")(curves)
    plot.command(epilog="Example: grok-tui plot grid s3 --value validation_accuracy")(grid)
    cli.add_typer(plot)


def curves(
    context: typer.Context,
    which: Which,
    metrics: Annotated[
        list[str] | None,
        typer.Option("--metric", help="A column of the view metrics; may be repeated."),
    ] = None,
    x: Annotated[XAxis, typer.Option(help="What to draw over.")] = XAxis.STEP,
    log_x: Annotated[bool, typer.Option("--log-x/--linear-x", help="Scale of x.")] = True,
    log_y: Annotated[bool, typer.Option("--log-y/--linear-y", help="Scale of y.")] = False,
    width: Width = None,
    height: Annotated[int, typer.Option(help="Lines of each chart.", min=8, max=200)] = 20,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Plain ASCII.")] = False,
    output: FormatOption = Format.TEXT,
) -> None:
    """Draw the learning curves of a run or a sweep: a chart for each metric."""
    from store.curves import curves as read_curves
    from tui.plots.chart import Axes, Series, render_chart
    from tui.plots.colours import run_colour

    store = context.obj.open()
    selection = select(store, which)
    names = metrics or ["train_accuracy", "validation_accuracy"]
    columns = width or _terminal_width()
    if output is Format.CSV:
        query.print_result(
            store, _metrics_query(selection.run_ids, [x.value, *names]), query.Format.CSV
        )
        return
    shown = selection.run_ids[:MOST_CURVES]
    if len(shown) < len(selection.run_ids):
        say(f"The first {MOST_CURVES} of {len(selection.run_ids)} runs are drawn.")
    data = read_curves(store, shown, names, points=2 * columns, x=x.value, log_x=log_x)
    labels = _labels(store, shown)
    charts = []
    for name in names:
        series = [
            Series(labels[run_id], *data[run_id][name], colour=run_colour(run_id))
            for run_id in shown
        ]
        axes = Axes(title=name, x_label=x.value, log_x=log_x, log_y=log_y)
        charts.append(
            render_chart(
                series,
                axes,
                columns,
                height,
                marker="ascii" if ascii_only else "braille",
                colour=_coloured(output),
            )
        )
    for chart in charts:
        _print(chart, output, selection.words)


def grid(
    context: typer.Context,
    which: Which,
    value: Annotated[
        str, typer.Option(help="zone, or a measure such as validation_accuracy or generalized_at.")
    ] = "zone",
    rows: Annotated[str, typer.Option(help="The config key that goes up.")] = "width",
    columns: Annotated[str, typer.Option(help="The config key that goes right.")] = "train_size",
    width: Width = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Plain ASCII.")] = False,
    output: FormatOption = Format.TEXT,
) -> None:
    """Draw the phase grid of a sweep: a cell for each pair of keys, over its seeds."""
    from engine.specification.config import FIELDS
    from engine.specification.errors import SpecificationError, nearest
    from store.records import runs_with_zones
    from tui.plots.cells import MEASURES

    for word, known in ((value, MEASURES), (rows, FIELDS), (columns, FIELDS)):
        if word not in known:
            raise SpecificationError(f"'{word}' cannot be drawn; {nearest(word, known)}")
    store = context.obj.open()
    selection = select(store, which)
    runs = runs_with_zones(store, selection.run_ids)
    if output is Format.CSV:
        _print_grid_csv(runs, rows, columns, value)
        return
    text = grid_text(
        runs,
        rows,
        columns,
        value,
        width=width,
        ascii_only=ascii_only,
        colour=_coloured(output),
        title=selection.words,
    )
    _print(text, output, selection.words)


def grid_text(
    runs: list[dict[str, Any]],
    rows: str = "width",
    columns: str = "train_size",
    value: str = "zone",
    *,
    width: int | None = None,
    ascii_only: bool = False,
    colour: bool = True,
    title: str = "",
) -> Text:
    """The phase grid of runs as :func:`store.records.runs_with_zones` gives them.

    Where runs of one cell differ in more than their seed, there is a grid for each such slice.
    """
    from rich.text import Text

    from tui.plots.cells import aggregate
    from tui.plots.grid import GridStyle, render_grid
    from tui.plots.slices import words

    texts = []
    for one, on_it in _slices(runs, rows, columns):
        named = " · ".join(filter(None, (title, words(one))))
        look = GridStyle(title=named, measure=value, ascii_only=ascii_only, colour=colour)
        cells = aggregate(on_it, rows, columns, value)
        texts.append(render_grid(cells, rows, columns, width or _terminal_width(), look=look))
    return Text("\n\n").join(texts)


def _slices(
    runs: list[dict[str, Any]], rows: str, columns: str
) -> list[tuple[Slice, list[dict[str, Any]]]]:
    """The runs of each slice, in the order of the slices: a cell is a mean over seeds alone."""
    from engine.specification.config import FIELDS
    from tui.plots.slices import in_order, slices_of

    others = {
        key: [run[key] for run in runs] for key in FIELDS if key not in ("seed", rows, columns)
    }
    of_run = slices_of(([run[rows] for run in runs], [run[columns] for run in runs]), others)
    return [
        (one, [run for run, its in zip(runs, of_run, strict=True) if its == one])
        for one in in_order(of_run)
    ]


def _labels(store: Store, run_ids: list[int]) -> dict[int, str]:
    """A name for each run: its id, and the config keys in which these runs differ."""
    from engine.specification.config import FIELDS
    from store.records import runs_with_zones

    runs = runs_with_zones(store, run_ids)
    differing = [key for key in FIELDS if len({run[key] for run in runs}) > 1]
    return {
        run["run_id"]: " ".join([f"{run['run_id']}", *(f"{k} {run[k]}" for k in differing)])
        for run in runs
    }


def _metrics_query(run_ids: list[int], columns: list[str]) -> str:
    listed = ", ".join(map(str, run_ids))
    return (
        f"SELECT run_id, {', '.join(columns)} FROM metrics "
        f"WHERE run_id IN ({listed}) ORDER BY run_id, step"
    )


def _print_grid_csv(runs: list[dict[str, Any]], rows: str, columns: str, value: str) -> None:
    import csv

    from tui.plots.cells import aggregate

    writer = csv.writer(sys.stdout, lineterminator="\n")
    slices = _slices(runs, rows, columns)
    keys = [key for key, _ in slices[0][0]] if slices else []
    writer.writerow([*keys, rows, columns, "runs", value])
    for one, on_it in slices:
        cells = aggregate(on_it, rows, columns, value)
        for cell in sorted(cells, key=lambda c: (c.row, c.column)):
            shown = cell.zone if value == "zone" else cell.mean
            writer.writerow([*(v for _, v in one), cell.row, cell.column, len(cell.run_ids), shown])


def _print(text: Text, output: Format, title: str) -> None:
    from tui.plots.svg import text_to_svg

    if output is Format.SVG:
        print(text_to_svg(text, title))
    else:
        print_text(text)


def _terminal_width() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def _coloured(output: Format) -> bool:
    return output is Format.SVG or (sys.stdout.isatty() and "NO_COLOR" not in os.environ)
