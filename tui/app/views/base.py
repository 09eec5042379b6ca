"""What the six views share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from tui.app.actions import bindings_of

if TYPE_CHECKING:
    from tui.app.app import GrokApp


class View(Container):
    """A view fills the screen below the header. Its actions are its methods ``do_<action id>``."""

    NAME: ClassVar[str]

    def __init_subclass__(cls) -> None:
        """Give each view the key bindings of its actions."""
        cls.BINDINGS = cast("list[BindingType]", bindings_of(cls.NAME))
        super().__init_subclass__()

    def __init__(self) -> None:
        super().__init__(id=self.NAME)

    @property
    def grok(self) -> GrokApp:
        """The app."""
        return cast("GrokApp", self.app)

    def show(self) -> None:
        """The view came into sight: take the focus and bring what is shown up to date."""

    def take_focus(self, widget: Widget) -> None:
        """Give ``widget`` the keyboard at once: the next key of a burst is for this view.

        ``widget.focus()`` waits for a message, and keys that are there already come before it.
        """
        self.screen.set_focus(widget)

    def update(self) -> None:
        """The data changed while the view is in sight."""

    def targets(self) -> list[int]:
        """The runs that an action such as stop concerns: the marked ones, else the cursor's."""
        return []

    def back(self) -> bool:
        """Undo one layer of the view; False if there was none."""
        return False

    def why_not(self, action: str) -> str | None:
        """Why an action is not possible now, as a sentence; None if it is."""
        return None

    def status(self) -> str:
        """What the header says of the view: counts, sort, cap."""
        return ""


def filter_words(grok: GrokApp) -> list[str]:
    """What a view says first: the filter in force, so that it is in sight in any terminal."""
    said = [f"filter: {grok.state.filter}"] if grok.state.filter else []
    wrong = grok.selection.wrong
    return [*said, f"the filter cannot be used: {wrong}"] if wrong else said
