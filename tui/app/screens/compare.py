"""Runs side by side: the configuration keys that differ, their values, deltas to a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.app.runtable import RunTable
from tui.app.widgets.table import Column, Table, literal
from tui.plots.colours import run_colour, style
from tui.plots.numbers import format_number

COMPARED = (
    "state", "zone", "step", "train_accuracy", "validation_accuracy", "best_validation_accuracy",
    "train_loss", "validation_loss", "memorized_at", "generalized_at", "delay", "norm_change",
    "parameters", "seconds",
)  # fmt: skip
MOST_WIDTH = 24


def comparison(
    table: RunTable, run_ids: Sequence[int], baseline: int
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Lines of a name and, for each run, its value and how far it is from the baseline's.

    First the configuration keys in which the runs differ, then their values.
    """
    ids = list(run_ids)
    runs = [table.run(run_id) for run_id in ids]
    base = table.run(baseline) if baseline in table else None
    lines = []
    for key in [*table.differing(ids), *(k for k in COMPARED if k in table.keys)]:
        row = []
        for run in runs:
            value = run[key]
            delta = ""
            if base is not None and run["run_id"] != baseline and _numeric(value, base[key]):
                difference = value - base[key]
                delta = ("+" if difference > 0 else "") + format_number(difference, 3)
                delta = "=" if difference == 0 else delta
            row.append((_shown(value), delta))
        lines.append((key, row))
    return lines


class Compare(ModalScreen[None]):
    """The comparison as a table over the view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "dismiss(None)", "Close"),
        Binding("j,down", "move(1)", "Down"),
        Binding("k,up", "move(-1)", "Up"),
        Binding("h,left", "shift(-1)", "Left"),
        Binding("l,right", "shift(1)", "Right"),
    ]

    def __init__(self, table: RunTable, run_ids: Sequence[int], baseline: int) -> None:
        super().__init__()
        self._ids = list(dict.fromkeys(([baseline] if baseline in table else []) + list(run_ids)))
        self._baseline = baseline if baseline in table else 0
        self._lines = dict(comparison(table, self._ids, self._baseline))
        self._table = table

    def compose(self) -> ComposeResult:
        """Title and table."""
        with Vertical(classes="dialog full"):
            others = len(self._ids) - bool(self._baseline)
            runs = f"{others} run{'s' if others != 1 else ''}"
            if self._baseline:
                runs += f" and the baseline, run {self._baseline}"
            against = "deltas to the baseline" if self._baseline else "b pins a baseline"
            yield Static(Text(f"{runs}: what differs; {against}"), classes="dialog-title")
            yield Table()

    def on_mount(self) -> None:
        """Fill the table."""
        columns = [Column("", max(map(len, self._lines), default=0))]
        for place, run_id in enumerate(self._ids):
            title = f"run {run_id}" + (" ◆" if run_id == self._baseline else "")
            cells = (" ".join(line[place]).rstrip() for line in self._lines.values())
            widest = max(map(cell_len, [title, *cells]))
            columns.append(Column(title, min(widest, MOST_WIDTH), True))
        self.query_one(Table).set_rows(columns, list(self._lines), self._cells, fixed=1)

    def _cells(self, key: str) -> list[Text | str]:
        cells: list[Text | str] = [key]
        for run_id, (value, delta) in zip(self._ids, self._lines[key], strict=True):
            cell = Text(literal(value), style=style(run_colour(run_id)))
            if delta:
                cell.append(f" {delta}", style="dim")
            cells.append(cell)
        return cells

    def action_move(self, by: int) -> None:
        """Scroll."""
        self.query_one(Table).move(by)

    def action_shift(self, by: int) -> None:
        """Scroll sideways."""
        self.query_one(Table).scroll_columns(by)


def _numeric(*values: object) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return format_number(value)
    return "–" if value is None else str(value)
