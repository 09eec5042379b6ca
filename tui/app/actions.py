"""Every action of the app, once: keys, footer, help and command palette derive from this table.

A view or the app carries an action out in its method ``do_<id>``; the view in sight is asked
first. A view may say why an action is not possible now (``why_not``): the reason is shown then.
"""

# ruff: noqa: E501 — a table reads best with one action a line
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding

VIEWS: Final = ("runs", "curves", "grid", "sql", "system", "paper")
"""The views in the order of their digits."""


@dataclass(frozen=True, slots=True)
class Action:
    """``views`` is where it can be done: empty for everywhere. ``footer`` orders the footer."""

    id: str
    keys: tuple[str, ...]
    title: str
    description: str
    views: tuple[str, ...] = ()
    footer: int = 0

    @property
    def key_names(self) -> str:
        """Its keys as people write them."""
        return " ".join(_NAMES.get(key, key) for key in self.keys)


_NAMES: Final = {
    "question_mark": "?", "slash": "/", "colon": ":", "full_stop": ".", "comma": ",", "plus": "+", "minus": "-",
    "left_square_bracket": "[", "right_square_bracket": "]", "less_than_sign": "<",
    "greater_than_sign": ">", "escape": "esc", "down": "↓", "up": "↑", "left": "←", "right": "→",
    "equals_sign": "=", "ctrl+r": "^r", "ctrl+p": "^p", "ctrl+d": "^d", "ctrl+u": "^u",
    "ctrl+o": "^o", "ctrl+c": "^c", "ctrl+l": "^l", "pagedown": "pgdn", "pageup": "pgup",
}  # fmt: skip

_CHARTS = ("runs", "curves")
_SELECTING = ("runs", "curves", "grid")
_STEERED = (*_SELECTING, "paper", "system")
_PAGED = ("runs", "sql", "paper", "system")
_SIDEWAYS = (*_SELECTING, "sql", "paper")

ACTIONS: Final[tuple[Action, ...]] = (
    Action("view_runs", ("1",), "Runs", "Sweeps and runs as a table"),
    Action("view_curves", ("2",), "Curves", "Learning curves of the marked runs"),
    Action("view_grid", ("3",), "Grid", "The phase grid of a sweep"),
    Action("view_sql", ("4",), "SQL", "Ask the database"),
    Action("view_system", ("5",), "System", "Devices, workers, queue and store"),
    Action("view_paper", ("6",), "Paper", "The study's figures: run, draw, decide"),
    Action("launch", ("n",), "New", "Launch a preset or a sweep of your own", footer=18),
    Action("filter", ("slash",), "Filter", "Show only some runs: width>=32 zone=grokking !tag:old", _SELECTING, footer=30),
    Action("help", ("question_mark",), "Help", "All actions; type to search, enter runs one", footer=99),
    Action("palette", ("ctrl+p", "colon"), "Palette", "Run an action by its name"),
    Action("back", ("escape",), "Back", "Undo one layer: crosshair, zoom, full screen, marks, filter"),
    Action("quit", ("q", "ctrl+c"), "Quit", "Leave; training goes on"),
    Action("theme", ("T",), "Theme", "Next colour theme"),
    Action("redraw", ("ctrl+l",), "Redraw", "Paint the screen again, after something else wrote on it"),
    Action("marker", ("M",), "Dots", "Draw charts with braille, blocks or ASCII", (*_SELECTING, "sql")),
    # moving
    Action("down", ("j", "down"), "Down", "Next line; in Curves, the next run to the front", (*_SELECTING, "sql", "paper", "system")),
    Action("up", ("k", "up"), "Up", "Previous line; in Curves, the run before to the front", (*_SELECTING, "sql", "paper", "system")),
    Action("left", ("h", "left"), "Left", "Scroll, pan, move the cursor or crosshair; in groups fold, then go to the heading above", _SIDEWAYS),
    Action("right", ("l", "right"), "Right", "Scroll, pan, move the cursor or crosshair; in groups unfold, then go in", _SIDEWAYS),
    Action("far_left", ("H",), "Far left", "Move the crosshair or view by a tenth", ("curves",)),
    Action("far_right", ("L",), "Far right", "Move the crosshair or view by a tenth", ("curves",)),
    Action("first", ("g", "home"), "First", "First line or point", (*_SIDEWAYS, "system")),
    Action("last", ("G", "end"), "Last", "Last line or point", (*_SIDEWAYS, "system")),
    Action("page_down", ("ctrl+d", "pagedown"), "Page down", "Half a page on", _PAGED),
    Action("page_up", ("ctrl+u", "pageup"), "Page up", "Half a page back", _PAGED),
    Action("previous", ("left_square_bracket",), "Previous", "Previous tab or sweep; in Curves, the charts before", (*_SELECTING, "sql")),
    Action("next", ("right_square_bracket",), "Next", "Next tab or sweep; in Curves, the next charts", (*_SELECTING, "sql")),
    Action("panel_down", ("full_stop",), "Panel on", "Scroll what is beside or below the table: the next chart, or half a page", ("runs", "paper")),
    Action("panel_up", ("comma",), "Panel back", "Scroll what is beside or below the table back", ("runs", "paper")),
    Action("open", ("enter",), "Open", "In Runs and Grid: the curves, or fold a group. In Curves: full screen", _SELECTING, footer=10),
    # selecting
    Action("mark", ("space",), "Mark", "Mark the run, group or cell", ("runs", "grid"), footer=20),
    Action("mark_all", ("a",), "Mark all", "Mark every run in sight of the filter", ("runs", "grid")),
    Action("unmark", ("u",), "Unmark", "Take all marks away", _SELECTING),
    Action("pin", ("b",), "Baseline", "Pin this run as the baseline that comparisons subtract", ("runs",)),
    Action("compare", ("c",), "Compare", "Marked runs side by side: what differs, and by how much", _SELECTING, footer=70),
    # the table
    Action("sort", ("S",), "Sort by", "Choose the column to sort by", ("runs",)),
    Action("sort_next", ("greater_than_sign",), "Sort →", "Sort by the next column", ("runs",)),
    Action("sort_previous", ("less_than_sign",), "Sort ←", "Sort by the column before", ("runs",)),
    Action("reverse", ("r",), "Reverse", "Turn the order round", ("runs",)),
    Action("columns", ("v",), "Columns", "All columns, or only the configuration keys that differ", ("runs",)),
    Action("group", ("B",), "Group", "Group runs by keys, such as sweep, width: a tree that folds", ("runs",), footer=60),
    Action("fold_all", ("z",), "Fold all", "Fold every group, or unfold them if all are", ("runs",)),
    # charts
    Action("metric", ("m",), "Metric", "Next metric; in the grid, next measure", ("runs", "curves", "grid"), footer=35),
    Action("metrics", ("w",), "Metrics", "Choose a set of charts, or any metric alone; in the grid, the measure", _SELECTING),
    Action("log_x", ("X",), "Log x", "Logarithmic or linear x", _CHARTS),
    Action("log_y", ("y",), "Log y", "Logarithmic or linear y", _CHARTS),
    Action("x_axis", ("o",), "X axis", "x is steps, training time or training operations", _CHARTS),
    Action("smooth", ("s",), "Smooth", "Smoothing 0, 0.6, 0.9, 0.99; the raw curve stays behind", _CHARTS, footer=36),
    Action("bands", ("A",), "Bands", "Mean over seeds with a 95 % band, or every run", ("curves",), footer=38),
    Action("crosshair", ("full_stop",), "Crosshair", "Read values in all charts; h and l move it", ("curves",), footer=15),
    Action("zoom_in", ("plus", "equals_sign"), "Zoom in", "Half of the x range", ("curves",)),
    Action("zoom_out", ("minus",), "Zoom out", "Twice the x range", ("curves",)),
    Action("reset", ("0",), "Reset", "The whole range again", ("curves",)),
    Action("front", ("f",), "Front", "Bring the next run to the front", ("curves",)),
    Action("mark_front", ("space",), "Mark", "Mark the run in front, or take its mark away", ("curves",)),
    # the grid
    Action("axes", ("o",), "Axes", "Any two configuration keys as the axes", ("grid",), footer=25),
    Action("sweeps", ("s",), "Sweep", "Choose the sweep from a list", ("grid",)),
    Action("next_slice", ("full_stop",), "Next slice", "Where cells differ in more than the seed: the next value of it", ("grid",)),
    Action("previous_slice", ("comma",), "Slice before", "Where cells differ in more than the seed: the value before", ("grid",)),
    Action("frontier", ("f",), "Frontiers", "Critical size and capacity over the grid", ("grid",)),
    # acting on runs
    Action("stop", ("K",), "Stop", "Stop runs; each writes a checkpoint first", _STEERED),
    Action("pause", ("p",), "Pause", "Pause runs", _STEERED),
    Action("resume", ("R",), "Resume", "Resume paused, stopped or failed runs", _STEERED),
    Action("again", ("N",), "Again", "Launch from the marked runs or cells: repeat, change, more seeds", _SELECTING, footer=45),
    Action("fork", ("F",), "Fork", "Go on from a checkpoint with another size, decay, rate or budget", _SELECTING),
    Action("tag", ("t",), "Tag", "Attach words to runs; a leading ! takes one away", _SELECTING),
    Action("note", ("e",), "Note", "Edit the run's note", _SELECTING),
    Action("export", ("x",), "Export", "Write what is in sight to a file: text, SVG, CSV", ("runs", "curves", "grid", "sql", "paper"), footer=75),
    # the study
    Action("run_figure", ("enter",), "Train", "Train what is missing of the figure", ("paper",), footer=10),
    Action("figure_grid", ("v",), "In Grid", "The figure's sweep in the phase grid", ("paper",), footer=12),
    Action("scale", ("s",), "Scale", "Laptop scale, or the paper's own", ("paper",), footer=20),
    # SQL
    Action("execute", ("f5", "ctrl+r"), "Run", "Run the statements in the editor", ("sql",), footer=10),
    Action("queries", ("ctrl+o",), "Queries", "Saved, shipped and earlier queries", ("sql",), footer=20),
    Action("save_query", ("f3",), "Save", "Save the query under a name", ("sql",)),
    Action("edit", ("i",), "Edit", "Back into the editor", ("sql",), footer=15),
    Action("plot", ("v",), "Plot", "Plot the result, or show it as a table", ("sql",), footer=22),
    Action("plot_x", ("X",), "Plot x", "Next column as x", ("sql",)),
    Action("plot_y", ("Y",), "Plot y", "Next column as y", ("sql",)),
    Action("plot_colour", ("C",), "Plot colour", "Next column as colour", ("sql",)),
    Action("plot_scales", ("o",), "Plot scales", "Linear axes, log x, log y, both", ("sql",)),
    Action("schema", ("S",), "Schema", "Views and columns with their meaning, or the result's whole width", ("sql",)),
    Action("whole_row", ("enter",), "Row", "All of the row's values; in the schema, the word into the editor", ("sql",)),
    Action("clear", ("E",), "Empty", "An empty editor", ("sql",)),
    Action("use_runs", ("U",), "Use runs", "Mark the runs whose run_id is in the result", ("sql",), footer=23),
)  # fmt: skip


def actions_of(view: str) -> Iterator[Action]:
    """The actions of a view, then those of everywhere."""
    yield from (action for action in ACTIONS if view in action.views)
    yield from (action for action in ACTIONS if not action.views)


def bindings_of(view: str) -> list[Binding]:
    """The key bindings of a view; of everywhere for the empty name."""
    return [
        Binding(
            ",".join(action.keys),
            f"app.do('{action.id}')",
            action.title,
            show=False,
            # at once, so that what is typed after it in one burst comes into its line
            priority=action.id == "filter",
        )
        for action in ACTIONS
        if (view in action.views if view else not action.views)
    ]


def footer_of(view: str, most: int = 6) -> list[Action]:
    """The at most ``most`` actions that the footer shows, the most likely first."""
    shown = sorted((a for a in actions_of(view) if a.footer), key=lambda a: a.footer)
    return shown[:most] if len(shown) <= most else [*shown[: most - 1], shown[-1]]
