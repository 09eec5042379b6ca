"""Looking: ``ls`` and ``show``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.context import Selection, select
from tui.commands.output import print_json, print_table, print_text, say

if TYPE_CHECKING:
    from store.database import Store
    from store.leases import LeaseObserver

Json = Annotated[bool, typer.Option("--json", help="Print JSON, with every column.")]


class What(StrEnum):
    """The lists that ``ls`` prints."""

    SWEEPS = "sweeps"
    RUNS = "runs"
    WORKERS = "workers"
    CHECKPOINTS = "checkpoints"


COLUMNS = {
    What.SWEEPS: [
        "sweep_id", "name", "runs", "queued", "running", "dead", "finished", "created_at", "note",
    ],
    What.RUNS: [
        "run_id", "sweep_id", "state", "task", "width", "train_size", "seed", "step", "steps",
        "train_accuracy", "validation_accuracy", "parameter_norm",
    ],
    What.WORKERS: [
        "worker_id", "device", "state", "host", "pid", "runs", "steps_per_second", "recorded_at",
    ],
    What.CHECKPOINTS: ["run_id", "step", "reason", "bytes", "path", "recorded_at"],
}  # fmt: skip
"""What ``ls`` shows of each view; ``--json`` shows every column."""

ORDER = {
    What.SWEEPS: "sweep_id DESC",
    What.RUNS: "run_id DESC",
    What.WORKERS: "recorded_at DESC",
    What.CHECKPOINTS: "run_id DESC, step DESC",
}


def register(cli: typer.Typer) -> None:
    """Add the commands of this module."""
    cli.command(
        name="ls",
        epilog='Example: grok-tui ls runs --where "width >= 32 AND seed = 0" --sort step',
    )(ls)
    cli.command(epilog="Example: grok-tui show s3; grok-tui show 12 --json")(show)


def ls(
    context: typer.Context,
    what: Annotated[What, typer.Argument(help="Which list.")] = What.SWEEPS,
    where: Annotated[str | None, typer.Option(help="An SQL condition on its columns.")] = None,
    sort: Annotated[str | None, typer.Option(help="SQL: columns to order by.")] = None,
    limit: Annotated[int, typer.Option(help="The most rows; 0 for all.", min=0)] = 50,
    as_json: Json = False,
) -> None:
    """List sweeps, runs, workers or checkpoints, the newest first.

    A run whose worker is gone is dead: resume queues it again, stop ends it.
    """
    from store.leases import LeaseObserver
    from store.query import run

    text = f"SELECT * FROM {what.value}"  # the name of a view, out of four
    if where is not None:
        text += f"\nWHERE {where}"
    elif what is What.RUNS and sort is None and limit:
        # Chosen without a look at metrics, so that only these runs' curves are summarized.
        newest = f"SELECT run_id FROM run_config ORDER BY run_id DESC LIMIT {limit + 1}"
        text += f"\nWHERE run_id IN ({newest})"
    text += f"\nORDER BY {sort or ORDER[what]}"
    store = context.obj.open()
    observer = LeaseObserver(store.layout)
    alive = observer.alive()
    result = run(store, text, limit=limit or None)
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    columns = COLUMNS[what]
    if what is What.SWEEPS:
        _count_dead(store, rows, alive, observer)
        if not any(row["dead"] for row in rows):
            columns = [column for column in columns if column != "dead"]
    elif what is What.RUNS:
        _mark_dead(rows, alive | observer.alive())
    elif what is What.WORKERS:
        _mark_dead_workers(rows, alive | observer.alive())
    if as_json:
        print_json(rows)
        return
    print_table(rows, columns)
    if result.truncated:
        say(f"The first {limit} are shown; --limit 0 shows all.")


def _mark_dead(runs: list[dict[str, Any]], alive: set[str]) -> None:
    from store.leases import shown_state

    for run in runs:
        run["state"] = shown_state(run["state"], run["worker_id"], alive)


def _mark_dead_workers(workers: list[dict[str, Any]], alive: set[str]) -> None:
    for worker in workers:
        if worker["state"] not in ("left", "failed") and worker["worker_id"] not in alive:
            worker["state"] = "dead"


def _count_dead(
    store: Store, sweeps: list[dict[str, Any]], alive: set[str], observer: LeaseObserver
) -> None:
    """Of the running runs of each sweep, count those as dead that nobody trains."""
    from store.records import held_runs

    held = held_runs(store)
    alive |= observer.alive()
    for sweep in sweeps:
        sweep["dead"] = sum(
            row["runs"]
            for row in held
            if row["sweep_id"] == sweep["sweep_id"] and row["worker_id"] not in alive
        )
        sweep["running"] -= sweep["dead"]


def show(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="ID", help="A run (12) or a sweep (s3, a name).")],
    as_json: Json = False,
) -> None:
    """Show everything about one run, or a sweep with its phase grid."""
    store = context.obj.open()
    selection = select(store, which)
    if selection.sweep_id is None:
        _show_run(store, selection.one_run(), as_json=as_json)
    else:
        _show_sweep(store, selection, as_json=as_json)


def _show_run(store: Store, run_id: int, *, as_json: bool) -> None:
    from store.records import checkpoints_of, events_of

    (run,) = _runs(store, [run_id])
    events, checkpoints = events_of(store, run_id), checkpoints_of(store, run_id)
    if as_json:
        print_json({"run": run, "events": events, "checkpoints": checkpoints})
        return
    print_table([{"": name, f"run {run_id}": value} for name, value in run.items()])
    print()
    print_table(events)
    if checkpoints:
        print()
        print_table(checkpoints, ["step", "reason", "bytes", "path"])


def _runs(store: Store, run_ids: list[int]) -> list[dict[str, Any]]:
    from store.leases import LeaseObserver
    from store.records import runs_with_zones

    observer = LeaseObserver(store.layout)
    alive = observer.alive()
    runs = runs_with_zones(store, run_ids)
    _mark_dead(runs, alive | observer.alive())
    return runs


def _show_sweep(store: Store, selection: Selection, *, as_json: bool) -> None:
    from store.records import sweep_record

    assert selection.sweep_id is not None
    sweep = sweep_record(store, selection.sweep_id)
    runs = _runs(store, selection.run_ids)
    if as_json:
        print_json({"sweep": sweep, "runs": runs})
        return
    specification = sweep.pop("specification")
    print_table([{"": name, f"sweep s{selection.sweep_id}": v} for name, v in sweep.items()])
    print(f"\n{specification}")
    summarize(runs)


def summarize(runs: list[dict[str, Any]]) -> None:
    """Print the phase grid of runs, and a table of what became of them."""
    from tui.commands.plot import grid_text

    print_text(grid_text(runs))
    print()
    print_table(_zones(runs))


def _zones(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each zone: its runs, and the means of what they reached."""
    rows = []
    for zone in dict.fromkeys(run["zone"] for run in runs):
        group = [run for run in runs if run["zone"] == zone]
        rows.append(
            {
                "zone": zone,
                "runs": len(group),
                "memorized at": _mean(group, "memorized_at"),
                "generalized at": _mean(group, "generalized_at"),
                "train accuracy": _mean(group, "train_accuracy"),
                "validation accuracy": _mean(group, "validation_accuracy"),
                "norm change": _mean(group, "norm_change"),
            }
        )
    return sorted(rows, key=lambda row: -int(row["runs"]))


def _mean(runs: list[dict[str, Any]], column: str) -> float | None:
    values = [float(run[column]) for run in runs if run[column] is not None]
    return sum(values) / len(values) if values else None
