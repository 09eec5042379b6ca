"""The eight takeaways: the paper's statement, the SQL that decides it here, the numbers in words.

Each query gives one row. Its column ``supported`` is the verdict: null where the data are not
enough. All others are the numbers behind it.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from store.names import sql
from tui.paper.figures import FIGURES, Scale
from tui.paper.state import experiment
from tui.plots.numbers import format_count, format_number

if TYPE_CHECKING:
    from store.database import Store

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Takeaway:
    """One statement of the paper."""

    number: int
    statement: str
    words: Callable[[Row], str]

    @property
    def figures(self) -> list[str]:
        """The figures whose sweeps its query reads."""
        fields = [name for _, name, _, _ in string.Formatter().parse(self.template) if name]
        return list(dict.fromkeys(fields))

    @property
    def template(self) -> str:
        """The SQL, with the names of figures in braces where the ids of their sweeps belong."""
        return sql(f"takeaway_{self.number}").strip()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the store says about a takeaway."""

    takeaway: Takeaway
    supported: bool | None
    numbers: Row
    query: str
    """The SQL that gives the numbers, as it can be asked again."""
    missing: tuple[str, ...] = ()
    """Figures that were not trained to the end."""

    @property
    def word(self) -> str:
        """The verdict."""
        return {True: "supported", False: "not supported", None: "not enough data"}[self.supported]

    @property
    def sentence(self) -> str:
        """The numbers behind the verdict in words."""
        if self.missing:
            return f"needs {', '.join(self.missing)}, trained to the end"
        if self.supported is None:
            return "too little of it is trained; the SQL gives what there is"
        return self.takeaway.words(self.numbers)


def decide(store: Store, takeaway: Takeaway, sweep_ids: Mapping[str, int]) -> Verdict:
    """The verdict on a takeaway from the sweeps of its figures (name of the figure → sweep id).

    Raises:
        DatabaseHeld: someone is writing for too long.
    """
    missing = tuple(name for name in takeaway.figures if name not in sweep_ids)
    if missing:
        return Verdict(takeaway, None, {}, takeaway.template, missing)
    query = takeaway.template.format(**sweep_ids)
    with store.read() as connection:
        result = connection.execute(query)
        columns = [column[0] for column in result.description or ()]
        row = dict(zip(columns, result.fetchone() or [None] * len(columns), strict=True))
    supported = row.pop("supported")
    return Verdict(takeaway, None if supported is None else bool(supported), row, query)


def verdicts(
    store: Store, scale: Scale, numbers: Collection[int] | None = None
) -> tuple[list[Verdict], dict[str, int]]:
    """The verdicts on these takeaways (all for None), and the sweeps of the figures by name.

    Only figures that are trained to the end are judged.
    """
    found = {name: experiment(store, one.preset(scale)) for name, one in FIGURES.items()}
    sweeps = {name: one.sweep_id for name, one in found.items() if one.sweep_id is not None}
    done = {name: sweep_id for name, sweep_id in sweeps.items() if found[name].done}
    wanted = [t for t in TAKEAWAYS if numbers is None or t.number in numbers]
    return [decide(store, takeaway, done) for takeaway in wanted], sweeps


def _n(value: float | None) -> str:
    return format_number(value, 3)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.3g} %"


def _interval(row: Row, name: str) -> str:
    return f"[{_n(row[f'{name}_low'])}, {_n(row[f'{name}_high'])}]"


def _critical_size(row: Row) -> str:
    return (
        f"D_crit is {_n(row['narrow_size'])} {_interval(row, 'narrow')} at d {row['narrow_width']} "
        f"and {_n(row['wide_size'])} {_interval(row, 'wide')} at d {row['wide_width']}; "
        f"{_n(row['pairs_per_doubling'])} {_interval(row, 'slope')} pairs a doubling of width, "
        f"over {row['widths']} widths"
    )


def _capacity(row: Row) -> str:
    full = f", all {row['all_pairs']} from d {row['full_width']} on" if row["full_width"] else ""
    return (
        f"D_mem is {_n(row['narrow_capacity'])} at d {row['narrow_width']}, "
        f"{_n(row['wide_capacity'])} at d {_n(row['wide_width'])}{full}; "
        f"the largest spread over seeds is {_n(row['largest_spread'])} pairs, "
        f"{_percent(row['share_of_rise'])} of the rise; at one width it is at most "
        f"{_percent(row['largest_share_of_own'])} of D_mem there"
    )


def _zones(row: Row) -> str:
    return (
        f"{row['as_predicted']} of {row['runs']} decided runs ({_percent(row['share'])}) are in "
        f"the predicted zone; progression {row['progression']}, ungrokking {row['ungrokking']}, "
        f"semi-grokking {row['semi_grokking']}, grokking {row['grokking']}, without delay "
        f"{row['comprehension']}, undecided {row['undecided']}; the largest zone alone holds "
        f"{_percent(row['share_of_largest'])}"
    )


def _norm(row: Row) -> str:
    return (
        f"{_n(row['rose_change'])} {_interval(row, 'rose')} where validation rose first "
        f"(d {row['rose_width']}, {row['rose_rising']} of {row['rose_runs']} rise); "
        f"{_n(row['memorized_change'])} {_interval(row, 'memorized')} where memorizing came first "
        f"(d {row['memorized_width']}, {row['memorized_falling']} of {row['memorized_runs']} fall)"
    )


def _double_descent(row: Row) -> str:
    sizes = {
        k: ", ".join(map(str, row[k] or ["none"])) for k in ("sizes_with_dip", "sizes_without")
    }
    return (
        f"the curves cross at d {_n(row['crossing_width'])}, D {_n(row['crossing_size'])}; "
        f"a dip at D {sizes['sizes_with_dip']}, none at D {sizes['sizes_without']}; the deepest "
        f"below the crossing is {_n(row['deepest_below'])}, above it {_n(row['deepest_above'])}"
    )


def _harder(row: Row) -> str:
    return (
        f"at D {row['train_size']} the dip is {_n(row['harder_depth'])} deep (at d "
        f"{row['harder_width']}) and {_n(row['plain_depth'])} for addition; the difference is "
        f"{_n(row['difference'])} [{_n(row['low'])}, {_n(row['high'])}], with "
        f"{row['harder_seeds']} and {row['plain_seeds']} seeds"
    )


def _emergence(row: Row) -> str:
    return (
        f"{format_count(row['alone'])} parameters alone, {format_count(row['least_mixed'])} to "
        f"{format_count(row['most_mixed'])} with 1 to {row['most_memorized']} memorized pairs: "
        f"{_n(row['least_factor'])} to {_n(row['most_factor'])} times as many; it emerges for "
        f"{row['amounts_that_emerge']} of {row['amounts']} amounts within the sizes trained; "
        f"by the best seed, as the paper has it, {_n(row['best_least_factor'])} to "
        f"{_n(row['best_most_factor'])} times"
    )


def _split(row: Row) -> str:
    bound = {"above": "more than ", "below": "at most ", "within": ""}
    return (
        f"{bound[row['dense_place']]}{format_count(row['dense'])} parameters dense, "
        f"{bound[row['split_place']]}{format_count(row['split'])} split: "
        f"a factor of {_n(row['factor'])}; by the best seed, as the paper has it, "
        f"{format_count(row['best_dense'])} and {format_count(row['best_split'])}, a factor of "
        f"{_n(row['best_factor'])}"
    )


TAKEAWAYS: Final = (
    Takeaway(1, "The critical data set size falls with model size.", _critical_size),
    Takeaway(2, "Memorization capacity rises with model size, with little spread.", _capacity),
    Takeaway(3, "There are four dynamics, and the two curves separate them.", _zones),
    Takeaway(4, "The parameter norm rises in progression and falls in grokking.", _norm),
    Takeaway(
        5, "Double descent happens below the crossing of the curves, not above.", _double_descent
    ),
    Takeaway(6, "A task that is harder to generalize has the more prominent dip.", _harder),
    Takeaway(7, "Mixing in memorization delays generalization to a far larger model.", _emergence),
    Takeaway(8, "Separating memorization in the parameters brings that point back down.", _split),
)
