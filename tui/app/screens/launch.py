"""The launch form: presets beside every field of a configuration, with the price below."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.launch import FORKED, Submitted, config_of_run, fork, submit
from engine.specification.config import FIELDS
from engine.specification.errors import SpecificationError
from engine.specification.sweep import Sweep
from store.database import Store
from store.forks import checkpoint_at
from tui.app.drafts import draft_from, fork_drafts, free_name, preset_drafts
from tui.app.pricing import price
from tui.app.screens.dialogs import Confirm
from tui.app.screens.launchfields import LaunchFields
from tui.app.widgets.table import Column, Table, literal
from tui.plots.numbers import format_duration

if TYPE_CHECKING:
    from tui.app.app import GrokApp

SETTLE_SECONDS = 0.15  # of typing, before the price is worked out
ASK_SECONDS = 600.0  # of training: what takes longer is not launched by enter alone
NARROW, MIDDLE, WIDE = 14, 30, 38  # the list of drafts; only the widest has their prices


def fresh() -> Launch:
    """The form over the presets."""
    return Launch(preset_drafts())


def again(runs: Sequence[Mapping[str, Any]]) -> Launch:
    """The form filled in from runs."""
    return Launch([draft_from(runs), *preset_drafts()])


def forking(run: Mapping[str, Any], steps: Sequence[int]) -> Launch:
    """The form over a run's checkpoints, with the fields in which a fork may differ."""
    run_id = int(run["run_id"])

    def queue(store: Store, sweep: Sweep, device: str, place: int) -> Submitted:
        origin = (config_of_run(store, run_id), checkpoint_at(store, run_id, steps[place]))
        return fork(store, sweep, [origin] * len(sweep.runs()), device)

    labels = [f"step {step}" for step in steps]
    return Launch(fork_drafts(run, steps), queue, f"Fork run {run_id}", FORKED, labels)


def _labels(drafts: Sequence[Sweep]) -> list[str]:
    """Their names; runs of a preset's sweep have its name, and stand before it: their title."""
    names = [draft.name for draft in drafts]
    return [
        draft.title if draft.name in names[i + 1 :] else draft.name
        for i, draft in enumerate(drafts)
    ]


def _submit(store: Store, sweep: Sweep, device: str, place: int) -> Submitted:
    return submit(store, sweep, device)


class Launch(ModalScreen[int | None]):
    """Choose a preset, change what you like, enter launches. The result is the sweep's id."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+r,f5", "launch", "Launch"),
        # at once, so that keys after it in one burst are for the next field
        Binding("tab", "app.focus_next", "Next", priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous", priority=True),
        Binding("down", "step(1)", "Next"),
        Binding("up", "step(-1)", "Previous"),
        Binding("j", "preset(1)", "Next preset"),
        Binding("k", "preset(-1)", "Previous preset"),
    ]

    def __init__(
        self,
        drafts: Sequence[Sweep],
        submit: Callable[[Store, Sweep, str, int], Submitted] = _submit,
        title: str = "Launch a sweep",
        fields: Collection[str] = FIELDS,
        labels: Sequence[str] = (),
    ) -> None:
        """``submit`` gets the store, the sweep, the device and the place of its draft.

        ``labels`` are the drafts in the list, where their names say too much.
        """
        super().__init__()
        self._labels = list(labels) or _labels(drafts)
        self._takes = [""] * len(drafts)
        self._drafts = dict(enumerate(drafts))
        self._place = 0
        self._submit, self._title = submit, title
        self.fields = LaunchFields(fields, id="fields")
        self._about = Static(id="about-field")
        self._price = Static(id="price")  # kept: a price may come when the form has been closed
        self._facts = ""
        self._launching = False

    def compose(self) -> ComposeResult:
        """Presets, fields, price, keys."""
        with Vertical(classes="dialog full"):
            yield Static(Text(self._title), classes="dialog-title")
            with Horizontal():
                with Vertical(id="launch-left"):
                    yield Table(id="presets")
                    yield Static(id="launch-about")
                yield self.fields
            yield self._about
            yield self._price
            yield Static(
                Text("enter launch   tab fields   several values: 8,16,32..64:8   esc cancel"),
                classes="dialog-keys",
            )

    def on_mount(self) -> None:
        """Show the drafts and fill the form with the first."""
        taken = set(cast("GrokApp", self.app).table.columns.get("sweep", ()))
        for place, draft in self._drafts.items():
            self._drafts[place] = dataclasses.replace(draft, name=free_name(draft.name, taken))
        self._list()
        self.set_focus(self.query_one("#presets"))
        self._fill()
        self._estimate()

    def _list(self) -> None:
        """The drafts, and beside them what they take where there is room."""
        if not self.is_attached:
            return
        room = self.query_one("#launch-left").styles.width
        width = int(room.value) if room is not None else NARROW
        columns = [Column("start from", width - 1)]
        if width == WIDE:
            columns = [Column("start from", width - 10), Column("takes", 7, True)]
        with self.prevent(Table.Moved):  # it would fill the form once more, over what was typed
            self.query_one("#presets", Table).set_rows(
                columns, list(self._drafts), lambda i: (self._labels[i], self._takes[i])
            )

    @work(group="estimate")
    async def _estimate(self) -> None:
        """What each draft takes on this machine, as it is."""
        for place, draft in self._drafts.items():
            with suppress(SpecificationError):
                found = await asyncio.to_thread(price, draft, "auto")
                self._takes[place] = " ".join(format_duration(found.cost.seconds).split()[:2])
        self._list()

    def on_resize(self, event: events.Resize) -> None:
        """In a small terminal the fields have the room; what explains them is below them."""
        wide, tall = event.size.width >= 90, event.size.height >= 24
        left = WIDE if event.size.width >= 120 else MIDDLE if wide else NARROW
        self.query_one("#launch-left").styles.width = left
        self.query_one("#launch-about").display = wide and tall
        self.fields.show_meanings(wide)
        self._list()
        self._say_about()

    @on(events.DescendantFocus)
    def _say_about(self) -> None:
        """The meaning of the field with the keyboard, whole; or that of the draft."""
        if not self.is_attached:  # a price may come when the form has been closed
            return
        name = (self.focused.id or "") if self.focused is not None else ""
        if name.startswith("field-"):
            self._about.update(self.fields.about(name.removeprefix("field-")))
            return
        draft = self._drafts[self._place]
        shown = not self.query_one("#launch-about").display
        self._about.update(Text(literal(f"{draft.title}. {draft.description}" if shown else "")))

    @on(Table.Moved, "#presets")
    def _moved(self, message: Table.Moved) -> None:
        self._place = message.key or 0
        self._fill()

    @on(Table.Chosen, "#presets")
    def _preset_clicked(self) -> None:
        self.action_launch()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_launch()

    def key_enter(self) -> None:
        """Enter on the list of presets."""
        self.action_launch()

    def action_step(self, by: int) -> None:
        """Arrows move in the list of presets, and from field to field."""
        if self.query_one("#presets").has_focus:
            self.action_preset(by)
        elif by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_preset(self, by: int) -> None:
        """The next or previous preset."""
        self.query_one("#presets", Table).move(by)

    def _fill(self) -> None:
        sweep = self._drafts[self._place]
        about = Text()
        about.append(literal(sweep.title) + "\n", style="bold")
        about.append(sweep.description)
        self.query_one("#launch-about", Static).update(about)
        self.fields.fill(sweep)
        self._say_about()
        self._reprice()

    @on(Input.Changed)
    def _changed(self) -> None:
        if not self._price.has_class("wrong"):  # it is not the price of what is typed now
            self._price.update(Text(f"{self._facts} · reckoning …", style="dim"))
        self._say_about()
        self._reprice()

    def _sweep(self) -> Sweep:
        return self.fields.sweep(self._drafts[self._place])

    @work(exclusive=True, group="price")
    async def _reprice(self) -> None:
        try:
            # what is typed now: after the pause the form may have been closed
            sweep, device = self._sweep(), self.fields.device
            await asyncio.sleep(SETTLE_SECONDS)
            found = await asyncio.to_thread(price, sweep, device)
        except SpecificationError as error:
            self._refuse(error)
        else:
            self._facts = " · ".join(found.facts)
            self._say(self._facts, wrong=False)
            self._blame("")

    def _refuse(self, error: SpecificationError) -> None:
        """Say what is wrong: below, and beside the fields that it is about."""
        self._say(literal(error), wrong=True)
        self._blame(str(error))

    def _blame(self, sentence: str) -> None:
        if self.is_attached:
            self.fields.blame(sentence)
            self._say_about()

    def _say(self, words: str, *, wrong: bool) -> None:
        self._price.update(Text(words))
        self._price.set_class(wrong, "wrong")

    def action_launch(self) -> None:
        """Queue the sweep, after a question if it takes long, unless something is wrong with it."""
        if not self._launching:
            self._launching = True
            self._launch()

    @work(group="launch")
    async def _launch(self) -> None:
        try:
            sweep, device = self._sweep(), self.fields.device
            found = await asyncio.to_thread(price, sweep, device)
        except SpecificationError as error:
            self._refuse(error)
            self._launching = False
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._queue(sweep, device)
            else:
                self._launching = False

        if found.cost.seconds < ASK_SECONDS:
            self._queue(sweep, device)
        else:
            question = f"Train {literal(sweep.name)}?"
            self.app.push_screen(Confirm(question, found.facts), answered)

    @work(group="launch")
    async def _queue(self, sweep: Sweep, device: str) -> None:
        app = cast("GrokApp", self.app)
        submitted = await app.blocking(self._submit, app.store, sweep, device, self._place)
        self._launching = False
        if submitted is not None:
            app.start_workers(device)
            self.dismiss(submitted.sweep_id)
