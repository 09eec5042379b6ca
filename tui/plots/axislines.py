"""The axes of a chart as text: labels and ticks around what was drawn."""

from __future__ import annotations

from rich.text import Text

from tui.plots.canvas import NO_COLOUR, Canvas
from tui.plots.colours import style
from tui.plots.scale import Scale


def plot_lines(canvas: Canvas, scale: Scale, margin: int, ascii_only: bool) -> list[Text]:
    """Each line of the canvas after its part of the y axis, with labels ``margin`` wide."""
    height = canvas.characters.shape[0]
    labels: dict[int, str] = {}
    for tick in scale.ticks:
        labels.setdefault(height - 1 - scale.cell(tick, height), tick.label)
    bar, notch = ("|", "+") if ascii_only else ("│", "┤")
    lines = []
    for row in range(height):
        line = Text(no_wrap=True)
        label = labels.get(row)
        line.append((label or "").rjust(margin), style="dim")
        line.append(notch if label else bar, style="dim")
        for text, colour, dim in canvas.row_runs(row):
            parts = ([style(colour)] if colour != NO_COLOUR else []) + (["dim"] if dim else [])
            line.append(text, style=" ".join(parts))
        lines.append(line)
    return lines


def x_axis(scale: Scale, label: str, margin: int, width: int, ascii_only: bool) -> list[Text]:
    """The line below the canvas and its labels, with the axis' name at the right end."""
    bar, notch, corner = ("-", "+", "+") if ascii_only else ("─", "┬", "└")
    rule, labels = [bar] * width, [" "] * width
    name = label + (" (log)" if scale.log else "")
    name = name if len(name) <= width // 2 else ""
    free_until = width - len(name) - 1  # tick labels keep clear of the name
    occupied = -1
    for tick in scale.ticks:
        column = scale.cell(tick, width)
        rule[column] = notch
        start = max(0, column - (len(tick.label) - 1) // 2)
        if start > occupied and start + len(tick.label) <= free_until:
            labels[start : start + len(tick.label)] = tick.label
            occupied = start + len(tick.label)
    labels[width - len(name) :] = name
    return [
        Text(" " * margin + corner + "".join(rule), style="dim", no_wrap=True),
        Text(" " * (margin + 1) + "".join(labels), style="dim", no_wrap=True),
    ]
