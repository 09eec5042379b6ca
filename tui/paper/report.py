"""A self-contained report of the study: Markdown, an SVG of each figure, tables, specifications."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.errors import StoreError, from_os_error
from store.names import sql
from tui.paper.data import read, rows
from tui.paper.descents import verdict
from tui.paper.drawing import Look, draw
from tui.paper.figures import FIGURES, Figure, Scale
from tui.paper.running import presets_of
from tui.paper.state import Experiment, experiment
from tui.paper.takeaways import Verdict, verdicts
from tui.plots.numbers import format_duration, format_number
from tui.plots.svg import text_to_svg

if TYPE_CHECKING:
    from store.database import Store

LIBRARIES = ("grok-tui", "torch", "numpy", "duckdb")
_TABLES = {
    "fig3": "critical_size_table",
    "fig4": "capacity_table",
    "fig6": "double_descent_table",
    "fig7": "double_descent_table",
    "fig8": "emergence_table",
    "fig9": "norm_sign_table",
    "fig10": "emergence_table",
    "ungrokking": "forks_table",
    "epoch-wise": "epoch_wise_table",
    "sample-wise": "sample_wise_table",
}


def write_report(store: Store, scale: Scale, folder: Path) -> None:
    """Write ``README.md``, ``figures/*.svg`` and ``specifications/*.toml`` into ``folder``.

    Figures that were not trained are named and left out. Files of an earlier report are replaced.

    Raises:
        StoreError: nothing was trained at this scale, or the folder cannot be written to.
    """
    decided, sweeps = verdicts(store, scale)
    if not sweeps:
        raise StoreError(
            f"Nothing of the study was trained at the {scale} scale; `grok-tui paper all` does it."
        )
    try:
        for name in ("figures", "specifications"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        parts = [_heading(store, scale, sweeps.values()), _verdict_table(decided)]
        for figure in FIGURES.values():
            found = [experiment(store, preset) for preset in presets_of(figure, scale)]
            parts.append(_section(store, figure, found, folder))
        parts.append(_queries(decided))
        (folder / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    except OSError as error:
        raise from_os_error(error, folder) from error


def _heading(store: Store, scale: Scale, sweep_ids: Iterable[int]) -> str:
    with store.read() as connection:
        result = connection.execute(sql("cost_of_sweeps"), {"sweep_ids": list(sweep_ids)})
        runs, steps, seconds, devices = result.fetchone() or (0, 0, 0.0, [])
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"""# The study at the {scale} scale

Huang, Hu, Han, Liu, Sun, *Unified View of Grokking, Double Descent and Emergent Abilities*
(arXiv 2402.15175), from runs in one grok-tui store.

| | |
|---|---|
| written | {datetime.now(UTC):%Y-%m-%d %H:%M} UTC |
| runs | {runs}, {steps:,} optimizer steps in all |
| time in training | {format_duration(seconds)}, whatever else the machine did meanwhile |
| trained on | {", ".join(devices or [])} |
| this machine | {platform.machine()}, {platform.system()}, Python {platform.python_version()} |
| versions | {versions} |"""


def _verdict_table(decided: Sequence[Verdict]) -> str:
    table = [
        {
            "": verdict.takeaway.number,
            "the paper's statement": verdict.takeaway.statement,
            "here": f"**{verdict.word}**",
            "the numbers behind it": verdict.sentence,
        }
        for verdict in decided
    ]
    return "## The eight takeaways\n\n" + _markdown(table)


def _section(store: Store, figure: Figure, found: Sequence[Experiment], folder: Path) -> str:
    shown = found[-1]
    text = f"## {figure.name}: {figure.title or shown.preset.title}\n\nIn the paper: {figure.found}"
    if shown.sweep_id is None:
        return text + "\n\nNot trained."
    data = read(store, figure, shown.sweep_id)
    drawing = draw(figure, data, Look(width=100))
    svg = folder / "figures" / f"{figure.name}.svg"
    svg.write_text(text_to_svg(drawing, shown.preset.name), encoding="utf-8")
    text += f"\n\n![{figure.name}](figures/{svg.name})\n\nState: {shown.words}. Specification:"
    for one in found:
        file = folder / "specifications" / f"{one.preset.name.replace('/', '-')}.toml"
        file.write_text(one.preset.to_toml(), encoding="utf-8")
        text += f" [{one.preset.name}](specifications/{file.name})"
    if figure.descent:
        text += f"\n\n{verdict(figure.descent, data.descents)}"
    table = rows(store, _TABLES.get(figure.name, "cells_table"), shown.sweep_id)
    return text + "\n\n" + _markdown(table)


def _queries(decided: Sequence[Verdict]) -> str:
    blocks = [
        f"{verdict.takeaway.number}. {verdict.takeaway.statement}\n\n```sql\n{verdict.query}\n```"
        for verdict in decided
    ]
    return "## The SQL behind the verdicts\n\n" + "\n\n".join(blocks)


def _markdown(table: Sequence[dict[str, Any]]) -> str:
    if not table:
        return "No rows."
    names = list(table[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row[name]) for name in names) + " |" for row in table]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format_number(value, 3)
    return "–" if value is None else str(value).replace("|", "\\|")
