"""The actions by which the phase grid shows another sweep, slice, measure or other axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tui.app.options import after
from tui.app.screens.axes import ask_axes
from tui.app.screens.planes import choose_measure, choose_sweep
from tui.plots.cells import MEASURES

if TYPE_CHECKING:
    from tui.app.app import GrokApp
    from tui.app.plane import Plane


class ViewWithPlane(Protocol):
    """What a view has to have to be given these actions."""

    plane: Plane

    @property
    def grok(self) -> GrokApp:
        """The app."""

    @property
    def sweeps(self) -> list[int]:
        """Every sweep that has runs."""

    @property
    def sweep(self) -> int:
        """The one in sight."""

    def update(self) -> None:
        """Show what the state says now."""


class GridActions:
    """Mixed into the view of the phase grid."""

    def do_next(self: ViewWithPlane) -> None:
        """The next sweep."""
        _go_on(self, 1)

    def do_previous(self: ViewWithPlane) -> None:
        """The sweep before."""
        _go_on(self, -1)

    def do_sweeps(self: ViewWithPlane) -> None:
        """A sweep from a list."""

        def chosen(sweep: int) -> None:
            self.grok.state.grid_sweep = sweep
            _show(self)

        choose_sweep(self.grok, self.grok.table, chosen)

    def do_next_slice(self: ViewWithPlane) -> None:
        """The next value of the keys in which the runs of a cell differ."""
        self.plane.turn(1)
        self.update()

    def do_previous_slice(self: ViewWithPlane) -> None:
        """The value before."""
        self.plane.turn(-1)
        self.update()

    def do_metric(self: ViewWithPlane) -> None:
        """The next measure."""
        self.grok.state.measure = after(list(MEASURES), self.grok.state.measure)
        self.update()

    def do_metrics(self: ViewWithPlane) -> None:
        """A measure from a list."""

        def chosen(measure: str) -> None:
            self.grok.state.measure = measure
            _show(self)

        choose_measure(self.grok, chosen)

    def do_frontier(self: ViewWithPlane) -> None:
        """Critical size and capacity, or not."""
        self.grok.state.frontiers = not self.grok.state.frontiers
        self.update()

    def do_axes(self: ViewWithPlane) -> None:
        """Ask for the two keys that are the axes."""
        state, table = self.grok.state, self.grok.table
        ids = [int(run["run_id"]) for run in table.runs() if run["sweep_id"] == self.sweep]

        def chosen(rows: str, columns: str) -> None:
            state.grid_rows, state.grid_columns = rows, columns
            _show(self)

        ask_axes(self.grok, (state.grid_rows, state.grid_columns), table.differing(ids), chosen)


def _go_on(view: ViewWithPlane, by: int) -> None:
    sweeps = view.sweeps
    if sweeps:
        view.grok.state.grid_sweep = sweeps[(sweeps.index(view.sweep) + by) % len(sweeps)]
        view.update()


def _show(view: ViewWithPlane) -> None:
    """Show what was chosen in a window; only a key paints the bars by itself."""
    view.update()
    view.grok.paint_bars()
