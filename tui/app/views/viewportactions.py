"""The actions that move the crosshair, and the range of x that is in sight."""

from __future__ import annotations

from typing import Protocol

from tui.app.viewport import Viewport


class ViewWithViewport(Protocol):
    """What a view has to have to be given these actions."""

    viewport: Viewport

    def paint_charts(self) -> None:
        """Draw the charts where the viewport is now."""


class ViewportActions:
    """Mixed into the view of the curves."""

    def do_crosshair(self: ViewWithViewport) -> None:
        """The crosshair in the middle of the range, or none."""
        self.viewport.toggle_crosshair()
        self.paint_charts()

    def do_left(self: ViewWithViewport) -> None:
        """Crosshair or view to the left."""
        self.viewport.step(-1)
        self.paint_charts()

    def do_right(self: ViewWithViewport) -> None:
        """Crosshair or view to the right."""
        self.viewport.step(1)
        self.paint_charts()

    def do_far_left(self: ViewWithViewport) -> None:
        """The crosshair a tenth to the left, or half of the view."""
        self.viewport.leap(-1)
        self.paint_charts()

    def do_far_right(self: ViewWithViewport) -> None:
        """The crosshair a tenth to the right, or half of the view."""
        self.viewport.leap(1)
        self.paint_charts()

    def do_first(self: ViewWithViewport) -> None:
        """To the left end."""
        self.viewport.to_end(-1)
        self.paint_charts()

    def do_last(self: ViewWithViewport) -> None:
        """To the right end."""
        self.viewport.to_end(1)
        self.paint_charts()

    def do_zoom_in(self: ViewWithViewport) -> None:
        """Half the range, around the crosshair or the middle."""
        self.viewport.zoom(0.5)
        self.paint_charts()

    def do_zoom_out(self: ViewWithViewport) -> None:
        """Twice the range."""
        self.viewport.zoom(2.0)
        self.paint_charts()

    def do_reset(self: ViewWithViewport) -> None:
        """The whole range."""
        self.viewport.reset()
        self.paint_charts()
