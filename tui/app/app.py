"""The app: six views over one store, and what they share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Final, cast

import duckdb
from textual import events, on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter, Monochrome
from textual.screen import Screen
from textual.widgets import ContentSwitcher
from textual.worker import WorkerFailed

from engine.specification.errors import SpecificationError
from store.database import Store
from store.errors import DatabaseHeld, StoreError
from tui.app.actions import ACTIONS, VIEWS, Action, actions_of, bindings_of
from tui.app.ascii import AsciiFilter
from tui.app.colourless import ColourlessFilter
from tui.app.curvecache import CurveCache
from tui.app.frames import SparingDriver
from tui.app.library import Library
from tui.app.options import after
from tui.app.reading import Reader
from tui.app.runtable import RunTable
from tui.app.screens.base import Base
from tui.app.screens.help import help_on
from tui.app.selection import Selection
from tui.app.state import ViewState, load_state, save_state, state_file
from tui.app.steering import Steering
from tui.app.terminal import leave_on_signals
from tui.app.toasts import SparingToasts
from tui.app.views.base import View
from tui.app.views.curves import CurvesView
from tui.app.views.grid import GridView
from tui.app.views.paper import PaperView
from tui.app.views.runs import RunsView
from tui.app.views.sql import SqlView
from tui.app.views.system import SystemView
from tui.app.widgets.bars import Footer, Header
from tui.app.widgets.names import Names
from tui.app.widgets.table import literal

VIEW_TYPES: Final[dict[str, type[View]]] = {
    view.NAME: view for view in (RunsView, CurvesView, GridView, SqlView, SystemView, PaperView)
}
POLL_SECONDS = 0.5
THREADS = 3  # one for a query of the user's, one for what is in sight, one for drawings
THEMES = ("textual-dark", "textual-light", "nord", "gruvbox", "ansi-dark", "ansi-light")


class GrokApp(SparingToasts):
    """Runs, curves, phase grid, SQL and system of one store."""

    CSS_PATH = "app.tcss"
    TITLE = "grok-tui"
    BINDINGS: ClassVar[list[BindingType]] = cast("list[BindingType]", bindings_of(""))
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "f12"  # ours opens it too; Textual wants one that is not taken

    def __init__(
        self, store: Store, *, ascii_only: bool = False, light: bool | None = None,
        reset_view: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(driver_class=SparingDriver)
        self.store = store
        self.library = Library(store)
        self.ascii_only = ascii_only
        self._light = light
        self._state_file = state_file(store.root)
        self.state = ViewState() if reset_view else load_state(self._state_file)
        self.table = RunTable()
        self.selection = Selection(self.table, self.state)
        self.steering = Steering(self)
        self.curves = CurveCache(self.library, self.table)
        self._views: dict[str, View] = {}
        self.data_version = 0
        self.following = 0  # a sweep that was just launched
        self.reader = Reader(self)
        self._trouble = ""

    def compose(self) -> ComposeResult:
        """Header, the view in sight, footer."""
        yield Header(id="header")
        yield ContentSwitcher(id="views")
        yield Footer(id="footer")

    async def on_mount(self) -> None:
        """Paint first, then read."""
        # each thread that reads keeps some memory, and the default is dozens on a large machine
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "read"))
        if self.state.theme in self.available_themes:
            self.theme = self.state.theme
        elif self._light is not None:
            self.theme = "textual-light" if self._light else "textual-dark"
        leave_on_signals(self.leave)
        await self.go_to(self.state.view if self.state.view in VIEWS else "runs")
        self.set_interval(POLL_SECONDS, self.reader.poll)
        self.call_after_refresh(self.reader.poll)

    def get_default_screen(self) -> Screen[Any]:
        """The screen of the views."""
        return Base(id="_default")

    def on_resize(self, event: events.Resize) -> None:
        """What a terminal shows after its size has changed is its own affair."""
        self._forget_screen()

    def _forget_screen(self) -> None:
        if isinstance(self._driver, SparingDriver):
            self._driver.frames.forget()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What is done to each line before it goes to the terminal."""
        filters = list(super().get_line_filters())
        if self.no_color:
            filters = [one for one in filters if not isinstance(one, Monochrome)]
            filters.append(ColourlessFilter())
        return [*filters, AsciiFilter()] if self.ascii_only else filters

    # the views

    @property
    def view(self) -> View:
        """The view in sight."""
        return self._views[self.state.view]

    async def go_to(self, name: str) -> None:
        """Bring a view into sight; it is made when it is first wanted."""
        switcher = self.query_one("#views", ContentSwitcher)
        if name not in self._views:
            view = VIEW_TYPES[name]()
            await switcher.mount(view)
            self._views[name] = view
        switcher.current = name
        self.state.view = name
        self.view.show()
        self.paint_bars()

    async def show_curves(self, run_ids: Sequence[int]) -> None:
        """Show the curves of these runs, whatever is marked."""
        await self.go_to("curves")
        cast("CurvesView", self.view).show_only(run_ids)

    def paint_bars(self) -> None:
        """Header and footer."""
        name = self.state.view
        self.query_one(Header).show_view(name, self.view.status(), self._trouble)
        self.query_one(Footer).show_view(name)

    @on(Names.Chosen, "#header")
    async def _view_clicked(self, message: Names.Chosen) -> None:
        await self.go_to(VIEWS[message.place])

    # actions

    async def action_do(self, name: str) -> None:
        """Carry an action out: in the view in sight, else here."""
        if name.startswith("view_"):
            await self.go_to(name.removeprefix("view_"))
            return
        view = self.view
        reason = view.why_not(name)
        if reason:
            self.notify(literal(reason), severity="warning", timeout=4, markup=False)
            return
        for target in (view, self.steering, self):
            method = getattr(target, f"do_{name}", None)
            if method is not None:
                result = method()
                if asyncio.iscoroutine(result):
                    await result
                break
        self.paint_bars()

    def do_palette(self) -> None:
        """Open Textual's command palette."""
        self.action_command_palette()

    def do_help(self) -> None:
        """A searchable list of every action; enter runs one, where it is possible."""

        async def carry_out(action: Action) -> None:
            if action.views and self.state.view not in action.views:
                await self.go_to(action.views[0])
            await self.action_do(action.id)

        def run(name: str | None) -> None:
            action = next((action for action in ACTIONS if action.id == name), None)
            if action is not None:
                self.call_later(carry_out, action)

        self.push_screen(help_on(self.state.view), run)

    def do_theme(self) -> None:
        """The next theme."""
        self.theme = self.state.theme = after(THEMES, self.theme)

    def do_redraw(self) -> None:
        """Paint everything again."""
        self._forget_screen()
        self.refresh(layout=True)

    def do_marker(self) -> None:
        """The next way to draw charts."""
        self.state.marker = after(("braille", "block", "ascii"), self.state.marker)
        self.view.update()

    def do_back(self) -> None:
        """Undo one layer: of the view, then the marks, then the filter. It never quits."""
        if self.view.back():
            return
        if self.selection.marked:
            self.selection.unmark()
        elif self.state.filter:
            self.selection.set_filter("")
        self.view.update()

    def do_quit(self) -> None:
        """Leave."""
        self.leave()

    def leave(self) -> None:
        """End the app at once; what trains goes on training."""
        self.library.interrupt()
        self.exit(0)

    def _handle_exception(self, error: Exception) -> None:
        """End the app. Textual would print the traceback here; :func:`run_app` raises the error."""
        self._return_code = 1
        if self._exception is None:  # where Textual's pilot looks, too
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    @property
    def failure(self) -> BaseException | None:
        """The internal error that has ended the app."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    def on_unmount(self) -> None:
        """Remember the view, however the app ends."""
        save_state(self._state_file, self.state, self.store.root)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The command palette's entries: the actions of the table, under their titles."""
        for action in actions_of(self.state.view):
            if action.id != "palette":
                yield SystemCommand(
                    action.title,
                    f"{action.description} ({action.key_names})",
                    lambda name=action.id: self.call_later(self.action_do, name),
                )

    @property
    def marker(self) -> Any:
        """How charts are drawn."""
        return "ascii" if self.ascii_only else self.state.marker

    def start_workers(self, device: str) -> None:
        """See to it that a worker is there, in a thread: Python needs a second to start."""
        self._start_workers(device)

    @work(group="start")
    async def _start_workers(self, device: str) -> None:
        from engine.launch import ensure_workers

        await self.blocking(ensure_workers, self.store, device)
        self.read_soon()

    def follow_sweep(self, sweep_id: int) -> None:
        """Put a new sweep's runs into sight as soon as they are read."""
        self.following = sweep_id
        if self.state.view not in ("runs", "grid"):
            self.call_later(self.go_to, "runs")
        else:
            self.view.update()

    # reading

    async def blocking(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run something that blocks in a thread; None, and a word in the header, if it fails."""
        try:
            result = await asyncio.to_thread(function, *arguments)
        except DatabaseHeld as error:
            self._trouble = f"the database is held by {error.holder}; showing what was read before"
            self.paint_bars()
            return None
        except duckdb.InterruptException:
            return None  # the app is leaving
        except (StoreError, SpecificationError, duckdb.Error) as error:
            self.notify(literal(error), severity="error", timeout=8, markup=False)
            return None
        if self._trouble:
            self._trouble = ""
            self.paint_bars()
        return result

    def read_soon(self) -> None:
        """Look at the store at the next opportunity."""
        self.reader.soon()

    def changed(self) -> None:
        """The table has changed: every view follows when it is in sight."""
        self.data_version += 1
        self.selection.refresh()
        self.view.update()
        self.paint_bars()
