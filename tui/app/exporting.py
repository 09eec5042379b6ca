"""Files of what is in sight: text, SVG or CSV, in the store's exports folder."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from tui.app.screens.dialogs import Ask
from tui.app.widgets.table import literal
from tui.plots.cells import Cell
from tui.plots.chart import Axes, Series
from tui.plots.svg import text_to_svg

if TYPE_CHECKING:
    from tui.app.app import GrokApp
    from tui.app.runcells import RunColumns

Write = Callable[[Path], None]


def export_charts(app: GrokApp, made: Sequence[tuple[list[Series], Axes]], picture: Text) -> None:
    """The focused chart as text or SVG, or the points of all charts as CSV."""

    def rows() -> Iterable[Sequence[Any]]:
        yield ("chart", "series", "x", "y", "low", "high")
        for series, axes in made:
            for one in series:
                edges = (one.low, one.high)
                for i, (x, y) in enumerate(zip(one.x, one.y, strict=True)):
                    yield (axes.title, one.name, x, y, *("" if e is None else e[i] for e in edges))

    _ask(
        app, "curves", {"txt": _text(picture), "svg": _svg(picture, "curves"), "csv": _csv(rows())}
    )


def export_grid(app: GrokApp, cells: Sequence[Cell], picture: Text) -> None:
    """The grid as text or SVG, or its cells as CSV."""

    def rows() -> Iterable[Sequence[Any]]:
        yield ("row", "column", "runs", "state", "zone", "mixed", "mean", "run_ids")
        for cell in cells:
            ids = " ".join(map(str, cell.run_ids))
            yield (
                cell.row,
                cell.column,
                len(cell.run_ids),
                cell.live,
                cell.zone,
                cell.mixed,
                cell.mean,
                ids,
            )

    _ask(
        app,
        "grid",
        {"txt": _text(picture), "svg": _svg(picture, "phase grid"), "csv": _csv(rows())},
    )


def export_runs(app: GrokApp, columns: RunColumns, picture: Text) -> None:
    """The listed runs as CSV, or the chart beside them as text or SVG."""

    def rows() -> Iterable[Sequence[Any]]:
        yield columns.sortable
        for run_id in app.selection.ids:
            yield columns.values(run_id)

    _ask(app, "runs", {"csv": _csv(rows()), "txt": _text(picture), "svg": _svg(picture, "runs")})


def export_picture(app: GrokApp, name: str, picture: Text) -> None:
    """A drawing as text or SVG."""
    _ask(app, name, {"txt": _text(picture), "svg": _svg(picture, name)})


def ask_file(
    app: GrokApp, stem: str, formats: Sequence[str], write: Callable[[Path, str], None]
) -> None:
    """Ask for a file name whose ending is one of ``formats``, write it in a thread, say where."""
    now = datetime.now().strftime("%Y%m%d-%H%M%S")
    suggestion = app.store.layout.exports / f"{stem}-{now}.{formats[0]}"

    def check(text: str) -> str | None:
        path = _path(text)
        if path.suffix.removeprefix(".") not in formats:
            return f"The name ends in {', '.join('.' + f for f in formats)}."
        try:
            if not path.parent.is_dir():
                return f"There is no folder {path.parent}."
            return f"{path} is there already." if path.exists() else None
        except OSError as error:  # such as a name that is too long
            return f"{path} cannot be a file: {error.strerror}."

    async def save(path: Path) -> None:
        def work() -> bool:
            write(path, path.suffix.removeprefix("."))
            return True

        try:
            done = await app.blocking(work)
        except OSError as error:
            app.notify(
                f"{path} cannot be written: {error.strerror}.", severity="error", markup=False
            )
            return
        if done:
            app.notify(f"Written: {literal(path)}", timeout=8, markup=False)

    def chosen(text: str | None) -> None:
        if text is not None:
            app.run_worker(save(_path(text)), group="export")

    endings = ", ".join(f".{f}" for f in formats)
    app.push_screen(
        Ask("Export to", str(suggestion), f"the ending is the format: {endings}", check), chosen
    )


def _path(text: str) -> Path:
    """The path that was typed; a ~ that names no user is taken as it stands."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def _ask(app: GrokApp, stem: str, writers: dict[str, Write]) -> None:
    ask_file(app, stem, list(writers), lambda path, kind: writers[kind](path))


def _text(picture: Text) -> Write:
    def write(path: Path) -> None:
        path.write_text(picture.plain + "\n", encoding="utf-8")

    return write


def _svg(picture: Text, title: str) -> Write:
    def write(path: Path) -> None:
        path.write_text(text_to_svg(picture, title), encoding="utf-8")

    return write


def _csv(rows: Iterable[Sequence[Any]]) -> Write:
    def write(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)

    return write
