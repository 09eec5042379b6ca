"""The commands of ``grok-tui``, made with typer. Standard output is data, standard error narration.

Everything heavy (DuckDB, numpy, plotext, Textual) is imported inside the command that needs it, so
that ``grok-tui --help`` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.commands import (
    boundary,
    control,
    export,
    fork,
    info,
    listing,
    paper,
    plot,
    query,
    sweeps,
    worker,
)
from tui.commands.context import Settings

cli = typer.Typer(
    name="grok-tui",
    help="A laboratory for training dynamics that lives in a terminal.",
    epilog="Without a command the app opens. Try: grok-tui demo",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for module in (sweeps, listing, paper, plot, query, control, fork, boundary, export, worker, info):
    module.register(cli)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("grok-tui"))
        raise typer.Exit


@cli.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    store: Annotated[
        Path | None,
        typer.Option(
            envvar="GROK_TUI_STORE",
            help="The folder that holds everything; made if it is not there.",
            show_default="in the user's data folder",
        ),
    ] = None,
    ascii_only: Annotated[
        bool, typer.Option("--ascii", help="The app: draw with plain ASCII.")
    ] = False,
    no_mouse: Annotated[
        bool, typer.Option("--no-mouse", help="The app: leave the mouse to the terminal.")
    ] = False,
    reset_view: Annotated[
        bool, typer.Option("--reset-view", help="The app: forget filters, columns and sorting.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    context.obj = Settings(store)
    if context.invoked_subcommand is not None:
        return
    from tui.app.__main__ import ASCII, NO_MOUSE, RESET_VIEW, become_app

    asked = {ASCII: ascii_only, NO_MOUSE: no_mouse, RESET_VIEW: reset_view}
    become_app(context.obj.folder, *(option for option, wanted in asked.items() if wanted))
