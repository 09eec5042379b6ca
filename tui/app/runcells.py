"""The columns of the runs table: which there are, how wide they are, and what a cell shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from rich.text import Text

from tui.app.listing import mark_state
from tui.app.runtable import CONFIG_KEYS
from tui.app.titles import TITLES
from tui.app.widgets.table import Cells, Column, Spanning, literal
from tui.plots.colours import (
    STATE_COLOURS,
    STATE_GLYPHS,
    STATE_GLYPHS_ASCII,
    ZONE_COLOURS,
    ZONE_LETTERS,
    run_colour,
    style,
)
from tui.plots.numbers import format_number

if TYPE_CHECKING:
    from tui.app.app import GrokApp

FIRST: Final = ("run_id", "sweep", "state", "progress", "zone", "validation_accuracy")
"""What one looks at most: in sight however many keys differ."""

AFTER: Final = (
    "best_validation_accuracy", "train_accuracy", "validation_loss", "memorized_at",
    "generalized_at", "tags", "note", "since",
)  # fmt: skip
FIXED: Final = 2
"""Columns that stay when one scrolls sideways: the mark and the run."""

PENDING: Final[Mapping[str, str]] = {"stop": "stopping", "pause": "pausing"}
"""What a run is called that was asked for this and has not done it yet."""

MOST_WIDTH: Final = 22
_MEASURED_ROWS: Final = 100  # a column is as wide as what is in its first rows


class RunColumns:
    """Chooses columns and makes the cells of a row: a run, or the heading of a group."""

    def __init__(self, app: GrokApp) -> None:
        self._app = app
        self._keys: list[str] = []
        self._widths: dict[str, int] = {}
        self._config: list[str] = []
        self._listed: list[int] | None = None  # the runs that differ in those keys
        self._version: tuple[int, bool] | None = None

    @property
    def sortable(self) -> list[str]:
        """The keys that the table can be sorted by, in the order of the columns."""
        return self._keys

    def choose(self) -> None:
        """Which columns there are: all, or those in which the listed runs differ."""
        table, state, listed = self._app.table, self._app.state, self._app.selection.passing
        version = (self._app.data_version, state.all_columns)
        if version == self._version and listed is self._listed:
            return
        if listed is not self._listed:
            self._config = table.differing(listed)
        self._version, self._listed = version, listed
        config = [k for k in CONFIG_KEYS if k in table.keys] if state.all_columns else self._config
        keys = [*FIRST, *config, *AFTER]
        self._keys = [
            k
            for k in keys
            if k in table.keys and (k not in ("tags", "note") or any(table.columns[k]))
        ]
        rows = [table.run(i) for i in self._app.selection.ids[:_MEASURED_ROWS]]
        for key in self._keys:
            wide = max((self._length(key, run) for run in rows), default=0)
            # a column never shrinks while one looks at it: that would move all the others
            before = self._widths.get(key, 0)
            self._widths[key] = min(MOST_WIDTH, max(before, wide, cell_len(self.title(key)) + 1))

    @staticmethod
    def title(key: str) -> str:
        """What stands above the column of a key."""
        return TITLES.get(key, key)

    def place(self, key: str) -> int:
        """Where the column of a key is among the table's."""
        return self._keys.index(key) + 1

    def headings(self) -> list[Column]:
        """The table's columns; an arrow is at the one that it is sorted by."""
        state = self._app.state
        arrow = (
            ("v" if state.descending else "^")
            if self._app.ascii_only
            else "↓"
            if state.descending
            else "↑"
        )
        columns = [Column("", 2)]
        for key in self._keys:
            title = self.title(key) + (arrow if key == state.sort else "")
            columns.append(Column(title, self._widths[key], key not in _LEFT))
        return columns

    def cells(self, row: int | str) -> Cells:
        """The cells of a run's or group's row."""
        if isinstance(row, str):
            return self._group_cells(row)
        app = self._app
        if row not in app.table:  # it was removed between two reads
            return [""]
        run = app.table.run(row)
        return [self._mark(row), *(self._cell(key, run) for key in self._keys)]

    def _length(self, key: str, run: Mapping[str, Any]) -> int:
        cell = self._cell(key, run)
        return cell_len(cell.plain if isinstance(cell, Text) else cell)

    def values(self, row: int) -> list[Any]:
        """The bare values of a run's row, for a file."""
        run = self._app.table.run(row)
        return [run[key] for key in self._keys]

    def _mark(self, run_id: int) -> Text:
        marked = run_id in self._app.selection.marked
        glyph = ("*" if self._app.ascii_only else "●") if marked else " "
        pin = "B" if run_id == self._app.state.baseline else ""
        return Text(glyph + pin, style=style(run_colour(run_id)))

    def _cell(self, key: str, run: Mapping[str, Any]) -> Text | str:
        value = run[key]
        if key == "state":
            return self._state(run)
        if key == "zone" and value:
            return Text(
                f"{ZONE_LETTERS.get(value, '?')} {value}", style=style(ZONE_COLOURS.get(value, 245))
            )
        if key == "run_id":
            return Text(str(value), style=style(run_colour(value)))
        return _plain(key, value)

    def _state(self, run: Mapping[str, Any]) -> Text:
        state = str(run["state"])
        glyphs = STATE_GLYPHS_ASCII if self._app.ascii_only else STATE_GLYPHS
        shown = PENDING.get(run["pending"], state)  # no wider than a state: columns stay in place
        return Text(f"{glyphs.get(state, '?')} {shown}", style=style(STATE_COLOURS.get(state, 245)))

    def _group_cells(self, key: str) -> Cells:
        """A heading over all columns: mark, fold, value of its own key, and what its runs are."""
        app, table, group = self._app, self._app.table, self._app.selection.groups.get(key)
        members = [i for i in group.run_ids if i in table] if group is not None else []
        if group is None or not members:
            return [""]
        marks, folds = ("*- ", ">v") if app.ascii_only else ("●◐ ", "▸▾")
        mark = marks[(True, None, False).index(mark_state(members, app.selection.marked))]
        fold = folds[key not in app.state.folded]
        name = app.selection.group_keys[group.depth]
        value = _plain(name, group.path[-1]) or "none"
        zones = Counter(
            ZONE_LETTERS.get(z or "undecided", "?") for z in table.values("zone", members)
        )
        summary = " ".join(f"{letter}{count}" for letter, count in zones.most_common())
        final = [v for v in table.values("validation_accuracy", members) if v is not None]
        mean = f"  val acc {format_number(sum(final) / len(final), 3)}" if final else ""
        count = f"{len(members)} run{'s' if len(members) != 1 else ''}"
        indent = "  " * group.depth
        return [Spanning(f"{mark} {indent}{fold} {name} {value}  {count}  {summary}{mean}", "bold")]


_LEFT: Final = frozenset(
    {
        "sweep",
        "state",
        "zone",
        "tags",
        "note",
        "task",
        "feed_forward",
        "precision",
        "loss_precision",
    }
)

_SHOWN: Final[Mapping[str, Callable[[Any], str]]] = {
    "progress": lambda v: f"{int(v * 100 + 1e-9)}%",
    "tags": ", ".join,
    "since": lambda v: _age(v),
}


def _age(moment: datetime) -> str:
    """In its largest unit, so that it seldom changes: 40s, 12m, 3h, 5d."""
    seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _plain(key: str, value: Any) -> str:
    if value is None:
        return ""
    if key in _SHOWN:
        return literal(_SHOWN[key](value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format_number(value, 3)
    return literal(value)
