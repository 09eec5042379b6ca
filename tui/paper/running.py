"""Running the experiments of the study: only what is missing of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.launch import Submitted, config_of_run, ensure_workers, fork, submit
from store.forks import checkpoint_at
from store.names import sql
from store.queue import request
from tui.paper.state import Experiment, experiment

if TYPE_CHECKING:
    from store.database import Store
    from tui.paper.figures import Figure, Scale


def presets_of(figure: Figure, scale: Scale) -> list[str]:
    """The presets that a figure needs, in the order in which they must be run."""
    parents = figure.parents(scale)
    return [*([parents] if parents else []), figure.preset(scale)]


def set_going(store: Store, figure: Figure, scale: Scale, preset: str, device: str) -> int | None:
    """Queue or resume what is missing of a preset; the sweep to watch, or None if all is there.

    Raises:
        SpecificationError: there is no such preset or device.
        StoreError: the store cannot take it.
    """
    found = experiment(store, preset)
    if found.done:
        return None
    if found.sweep_id is None:
        sweep_id = _queue(store, figure, scale, found, device).sweep_id
    else:
        sweep_id = found.sweep_id
        request(store, found.resumable, "resume")
    ensure_workers(store, device)
    return sweep_id


def _queue(
    store: Store, figure: Figure, scale: Scale, wanted: Experiment, device: str
) -> Submitted:
    parents = figure.parents(scale)
    if parents is None or wanted.preset.name == parents:
        return submit(store, wanted.preset, device)
    trained = experiment(store, parents)
    with store.read() as connection:
        found = connection.execute(sql("runs_of_sweep"), [trained.sweep_id]).fetchall()
    by_seed = {}
    for (run_id,) in found:
        config = config_of_run(store, run_id)
        by_seed[config.seed] = (config, checkpoint_at(store, run_id))
    return fork(store, wanted.preset, [by_seed[run.seed] for run in wanted.preset.runs()], device)
