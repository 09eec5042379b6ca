"""Pictures of the key screens, as SVG, with the clock frozen.

``GROK_TUI_REDRAW=1 pytest tests/tui/app/test_app_screens.py`` draws them anew; open those that
changed before committing them. Another version of Textual draws details differently: skipped.
"""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from store.database import Store
from tests.tui.app.driving import Driver, drive
from tests.tui.app.stores import make_store

FOLDER = Path(__file__).parent / "screens"
TEXTUAL = "8.2.8"

SCREENS: dict[str, tuple[str, ...]] = {
    "runs": ("j", "j", "j"),
    "runs_marked": ("G", "space", "k", "space", "g"),
    "runs_all_columns": ("v", "l"),
    "runs_filtered": ("slash", "w", "i", "d", "t", "h", "equals_sign", "8"),
    "curves": ("G", "2"),
    "curves_crosshair": ("G", "2", "full_stop", "L"),
    "curves_bands": ("G", "space", "k", "space", "2", "A", "s"),
    "grid": ("3", "j", "l"),
    "grid_validation": ("3", "m", "space", "l"),
    "sql": ("4", "f5"),
    "help": ("question_mark",),
    "compare": ("G", "b", "space", "g", "j", "j", "space", "c"),
    "stop": ("a", "K"),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("store"), running=True)


@pytest.mark.skipif(version("textual") != TEXTUAL, reason=f"the pictures are of Textual {TEXTUAL}")
@pytest.mark.parametrize("name", SCREENS)
def test_screen(store: Store, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.app.runcells._age", lambda moment: "5m")
    drawn: list[str] = []

    async def script(d: Driver) -> None:
        await d.press(*SCREENS[name])
        drawn.append(re.sub(r"terminal-\d+", "terminal", d.app.export_screenshot()))

    # where the schema is in sight, a new view of the store would change the picture
    drive(store, script, tmp_path, size=(100 if name == "sql" else 112, 30))
    path = FOLDER / f"{name}.svg"
    if os.environ.get("GROK_TUI_REDRAW"):
        path.write_text(drawn[0], encoding="utf-8")
    assert drawn[0] == path.read_text(encoding="utf-8")
