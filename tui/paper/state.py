"""How far the experiments of the study are in a store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.specification.errors import SpecificationError
from engine.specification.presets import load
from engine.specification.sweep import Sweep, parse
from store.names import sql
from store.records import sweep_progress

if TYPE_CHECKING:
    from store.database import Store

ENDED = frozenset({"finished", "stopped", "diverged", "failed"})
WAITING_FOR_PEOPLE = frozenset({"paused", "stopped", "failed"})


@dataclass(frozen=True, slots=True)
class Experiment:
    """A preset, and the sweep in the store that was made from it, if there is one."""

    preset: Sweep
    sweep_id: int | None = None
    states: Counter[str] = field(default_factory=Counter)
    resumable: tuple[int, ...] = ()  # runs that a person or an error ended before their budget

    @property
    def done(self) -> bool:
        """Whether nothing is missing."""
        return self.sweep_id is not None and not set(self.states) - {"finished", "diverged"}

    @property
    def words(self) -> str:
        """The state in words."""
        if self.sweep_id is None:
            return "not run"
        total = self.states.total()
        return "done" if self.done else f"{self.states['finished']} of {total} runs"


def experiment(store: Store, preset: str) -> Experiment:
    """The preset of this name and the newest sweep that has its name and exactly its runs.

    Raises:
        SpecificationError: there is no such preset.
    """
    wanted = load(preset)
    with store.read() as connection:
        found = connection.execute(sql("specifications_of_name"), {"name": wanted.name}).fetchall()
    for sweep_id, specification in found:
        if _same_runs(specification, wanted):
            runs = sweep_progress(store, sweep_id)
            return Experiment(
                wanted,
                sweep_id,
                Counter(run["state"] for run in runs),
                tuple(run["run_id"] for run in runs if run["state"] in WAITING_FOR_PEOPLE),
            )
    return Experiment(wanted)


def _same_runs(specification: str, wanted: Sweep) -> bool:
    try:
        return parse(specification, "a sweep in the store").runs() == wanted.runs()
    except SpecificationError:  # of an older version
        return False
