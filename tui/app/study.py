"""What the Paper view shows of the study: how far each figure is, its drawing, its verdicts.

Reading blocks and is done in threads; composing the text is pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from engine.devices import resolve
from engine.specification.estimate import estimate
from store.database import Store
from tui.paper.data import FigureData, read
from tui.paper.drawing import LEAST_PANEL, Look, draw
from tui.paper.figures import FIGURES, Figure, Scale
from tui.paper.running import presets_of
from tui.paper.state import experiment
from tui.paper.takeaways import Verdict, verdicts

LEAST_HEIGHT = 8  # lines of a panel


@dataclass(frozen=True, slots=True)
class FigureState:
    """How far a figure is. ``missing`` is the preset to run next; None where all is trained."""

    figure: Figure
    title: str
    runs: int
    words: str
    sweep_id: int | None
    seconds: float
    missing: str | None


@dataclass(frozen=True, slots=True)
class FigurePage:
    """A figure's data as far as it is trained, and the verdicts that depend on it."""

    state: FigureState
    data: FigureData
    verdicts: Sequence[Verdict]


def figure_states(store: Store, scale: Scale) -> list[FigureState]:
    """All figures in the order of the paper; times are for this machine's first device.

    Raises:
        StoreError: the store cannot be read.
    """
    place = resolve("auto")[0]
    found = []
    for figure in FIGURES.values():
        experiments = [experiment(store, name) for name in presets_of(figure, scale)]
        configs = [config for one in experiments for config in one.preset.runs()]
        last = experiments[-1]
        missing = next((one.preset.name for one in experiments if not one.done), None)
        found.append(
            FigureState(
                figure,
                figure.title or last.preset.title,
                len(configs),
                last.words,
                last.sweep_id,
                estimate(configs, place).seconds,
                missing,
            )
        )
    return found


def figure_page(store: Store, state: FigureState, scale: Scale) -> FigurePage:
    """The data of a figure and its verdicts.

    Raises:
        StoreError: the store cannot be read.
    """
    data = FigureData() if state.sweep_id is None else read(store, state.figure, state.sweep_id)
    decided, _ = (
        verdicts(store, scale, state.figure.takeaways) if state.figure.takeaways else ([], {})
    )
    return FigurePage(state, data, decided)


def page_lines(page: FigurePage, width: int, height: int, *, ascii_only: bool) -> list[Text]:
    """What the paper found, the figure, the verdicts: ``height`` lines, or more if it takes more.

    No line is wider than ``width``.
    """
    figure = page.state.figure
    words: list[Text] = []
    for verdict in page.verdicts:
        mark = {True: "bold green", False: "bold red", None: "bold"}[verdict.supported]
        line = Text(f"{verdict.takeaway.number}. {verdict.takeaway.statement} ")
        line.append(verdict.word, style=mark).append(f": {verdict.sentence}.")
        words += _wrapped(line, width)
    room = max(0, height - 2 - len(words))
    panels = _panels(figure, page.data)
    rows = -(-panels // (2 if panels > 1 and width >= 2 * LEAST_PANEL + 2 else 1))
    look = Look(width, max(LEAST_HEIGHT, room // rows), ascii_only)
    heading = Text(f"{figure.name}: {page.state.title}", style="bold", no_wrap=True)
    found = Text(f"The paper: {figure.found}", style="dim", no_wrap=True)
    for line in (heading, found):
        line.truncate(width, overflow="ellipsis")
    drawn = draw(figure, page.data, look).split("\n", allow_blank=True)
    return [heading, found, *drawn, *words]


def _panels(figure: Figure, data: FigureData) -> int:
    if figure.kind == "panels of curves":
        return max(1, len(data.runs))
    if figure.kind == "lines over width":
        return max(1, len({(cell["train_size"], cell["task"]) for cell in data.cells}))
    return 1


def _wrapped(text: Text, width: int) -> list[Text]:
    """Lines of at most ``width`` columns, broken at spaces."""
    cuts, start, last = [], 0, 0
    for i, character in enumerate(text.plain + " "):
        if character == " ":
            if i - start > width and last > start:
                cuts.append(last)
                start = last
            last = i + 1
    lines = list(text.divide(cuts))
    for line in lines:
        line.rstrip()
    return lines
