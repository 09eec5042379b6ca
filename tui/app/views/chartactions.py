"""The actions by which views with charts change what the charts show, and on which axes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol

from tui.app.options import next_metrics, next_smoothing, next_x
from tui.app.screens.metrics import choose_metrics

if TYPE_CHECKING:
    from tui.app.app import GrokApp

ChartOption = Literal["metrics", "log_x", "log_y", "x_axis", "smoothing"]
"""The options of the view state that these actions change."""


class ViewWithCharts(Protocol):
    """What a view has to have to be given these actions."""

    @property
    def grok(self) -> GrokApp:
        """The app."""

    def option_changed(self, option: ChartOption) -> None:
        """Show the charts with the option as it is now."""


class ChartActions:
    """Mixed into a view, ``class RunsView(View, ChartActions)``, which has ``option_changed``."""

    def do_metric(self: ViewWithCharts) -> None:
        """The next set of charts."""
        next_metrics(self.grok.state)
        self.option_changed("metrics")

    def do_metrics(self: ViewWithCharts) -> None:
        """A set of charts, or a metric alone, from a list."""
        choose_metrics(self.grok, self.grok.state, partial(self.option_changed, "metrics"))

    def do_log_x(self: ViewWithCharts) -> None:
        """Logarithmic or linear x."""
        self.grok.state.log_x = not self.grok.state.log_x
        self.option_changed("log_x")

    def do_log_y(self: ViewWithCharts) -> None:
        """Logarithmic or linear y."""
        self.grok.state.log_y = not self.grok.state.log_y
        self.option_changed("log_y")

    def do_x_axis(self: ViewWithCharts) -> None:
        """The next quantity as x."""
        next_x(self.grok.state)
        self.option_changed("x_axis")

    def do_smooth(self: ViewWithCharts) -> None:
        """The next strength of smoothing."""
        next_smoothing(self.grok.state)
        self.option_changed("smoothing")
