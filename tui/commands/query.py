"""``sql``: any question, in the database's own language."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from tui.commands.output import print_json, print_table, say

if TYPE_CHECKING:
    from store.database import Store

MOST_ROWS = 1000  # of a table that people read; files and pipes get all


class Format(StrEnum):
    """How the rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def register(cli: typer.Typer) -> None:
    """Add the command of this module."""
    cli.command(
        name="sql",
        epilog='Example: grok-tui sql "SELECT zone, count(*) FROM zones GROUP BY zone"',
    )(sql)


def sql(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="A query; - reads it from standard input.")],
    output: Annotated[
        Format | None, typer.Option("--format", help="Otherwise by -o's ending, else table.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write to this file, all rows.")
    ] = None,
) -> None:
    """Ask the store a question in DuckDB's SQL. Nothing can be changed.

    Views: sweeps, runs, metrics, milestones, zones, phase_grid, checkpoints, workers. Their
    columns are explained by: SELECT * FROM column_meaning
    """
    from engine.specification.errors import SpecificationError
    from store.query import Format as FileFormat
    from store.query import to_file

    text = sys.stdin.read() if query == "-" else query
    store = context.obj.open()
    if file is None:
        if output is Format.PARQUET:
            raise SpecificationError("Parquet is not text; say where it goes with -o FILE.")
        print_result(store, text, output or Format.TABLE)
        return
    form = output.value if output is not None else file.suffix.removeprefix(".")
    if form not in get_args(FileFormat):
        raise SpecificationError(
            f"'{file}' is to be {form or 'of no format'}; files are csv, json or parquet, by their "
            "ending or by --format."
        )
    to_file(store, text, file, cast("FileFormat", form))
    say(f"Wrote {file}.")


def print_result(store: Store, query: str, form: Format) -> None:
    """Print the rows of a query as table, csv or json."""
    from store.query import run

    result = run(store, query, limit=MOST_ROWS if form is Format.TABLE else None)
    if form is Format.CSV:
        import csv

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(result.columns)
        writer.writerows(result.rows)
        return
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    if form is Format.JSON:
        print_json(rows)
        return
    print_table(rows)
    if result.truncated:
        say(f"The first {MOST_ROWS} rows are shown; -o FILE or --format csv gives all.")
