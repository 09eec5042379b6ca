"""What the app remembers of a store between two sessions: filters, columns, sort, axes, theme.

One JSON file for each store, in the user's state folder. It is a comfort and never an obstacle:
whatever cannot be read falls back to its default, and what this version does not know is ignored.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import platformdirs

VERSION = 1
MOST_HISTORY = 500


@dataclass(slots=True)
class ViewState:
    """Everything that is kept. The defaults are what a new store shows."""

    view: str = "runs"
    theme: str = ""  # empty: follow the terminal's background
    marker: str = "braille"
    filter: str = ""
    sort: str = "run_id"
    descending: bool = True
    all_columns: bool = False
    group_by: list[str] = field(default_factory=list)
    folded: list[str] = field(default_factory=list)
    marked: list[int] = field(default_factory=list)
    cursor_run: int = 0
    baseline: int = 0
    metrics: str = "overview"
    x_axis: str = "step"
    log_x: bool = True
    log_y: bool = False
    smoothing: float = 0.0
    bands: bool = False
    grid_sweep: int = 0
    grid_rows: str = "width"
    grid_columns: str = "train_size"
    measure: str = "zone"
    frontiers: bool = True
    paper_scale: str = "laptop"
    sql: str = ""
    sql_history: list[str] = field(default_factory=list)
    saved_queries: dict[str, str] = field(default_factory=dict)


def state_file(store_folder: Path) -> Path:
    """Where the state of a store is kept: below ``XDG_STATE_HOME`` or the system's equal."""
    name = hashlib.sha256(str(store_folder.absolute()).encode()).hexdigest()[:16]
    return Path(platformdirs.user_state_dir("grok-tui", appauthor=False)) / "views" / f"{name}.json"


def load_state(path: Path) -> ViewState:
    """The state in ``path``; each value that is missing or of a wrong type is the default."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ViewState()
    if not isinstance(document, dict) or document.get("version") != VERSION:
        return ViewState()
    state = ViewState()
    for name, kind in get_type_hints(ViewState).items():
        value = document.get(name)
        if value is not None and _fits(value, kind):
            setattr(state, name, value)
    return state


def save_state(path: Path, state: ViewState, store_folder: Path) -> None:
    """Replace the file in one step. A state that cannot be saved is no reason to complain."""
    document = {"version": VERSION, "store": str(store_folder), **dataclasses.asdict(state)}
    document["sql_history"] = state.sql_history[-MOST_HISTORY:]
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
        temporary.replace(path)


def _fits(value: Any, kind: Any) -> bool:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, arguments[1]) for item in value.values())
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)
