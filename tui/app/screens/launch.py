"""The launch form: presets beside every field of a configuration, with the price below."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.devices import resolve
from engine.launch import FORKED, Submitted, config_of_run, fork, submit
from engine.specification.config import CHOICES, FIELDS
from engine.specification.errors import SpecificationError
from engine.specification.estimate import Estimate, estimate
from engine.specification.sweep import Sweep
from engine.specification.values import parse_values
from store.database import Store
from store.forks import checkpoint_at
from tui.app.drafts import (
    changed,
    draft_from,
    field_text,
    fork_drafts,
    placeholder,
    preset_drafts,
)
from tui.app.screens.dialogs import Confirm
from tui.app.widgets.line import Line
from tui.app.widgets.table import Column, Table, literal
from tui.plots.numbers import format_bytes, format_count, format_duration

if TYPE_CHECKING:
    from tui.app.app import GrokApp

SETTLE_SECONDS = 0.15  # of typing, before the price is worked out
ASK_SECONDS = 600.0  # of training: what takes longer is not launched by enter alone


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

    return Launch(fork_drafts(run, steps), queue, f"Fork run {run_id}", FORKED)


def _submit(store: Store, sweep: Sweep, device: str, place: int) -> Submitted:
    return submit(store, sweep, device)


def price(sweep: Sweep, device: str) -> tuple[Estimate, str]:
    """What a sweep costs on the first device that ``device`` names, and that device's name.

    Raises:
        SpecificationError: a combination that is not possible, or no such device.
    """
    place = resolve(device)[0]
    return estimate(sweep.runs(), place), place


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
    ) -> None:
        """``submit`` gets the store, the sweep, the device and the place of its draft."""
        super().__init__()
        self._drafts = dict(enumerate(drafts))
        self._place = 0
        self._submit, self._title = submit, title
        self._fields = {name: FIELDS[name] for name in fields}
        self._launching = False

    def compose(self) -> ComposeResult:
        """Presets, fields, price, keys."""
        with Vertical(classes="dialog full"):
            yield Static(Text(self._title), classes="dialog-title")
            with Horizontal():
                with Vertical(id="launch-left"):
                    yield Table(id="presets")
                    yield Static(id="launch-about")
                with VerticalScroll(id="fields", can_focus=False):
                    yield from self._line("name", "in lists; two sweeps may share one")
                    yield from self._line(
                        "device", "auto (every GPU, else the CPU), cpu, cuda:0, mps"
                    )
                    for name, field in self._fields.items():
                        words = f" ({', '.join(CHOICES[name])})" if name in CHOICES else ""
                        yield from self._line(name, field.metadata["help"] + words)
            yield Static(id="price")
            yield Static(
                Text("enter launch   tab fields   several values: 8,16,32..64:8   esc cancel"),
                classes="dialog-keys",
            )

    def _line(self, name: str, help_text: str) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Static(Text(name), classes="field-name")
            yield Line(id=f"field-{name}", compact=True, select_on_focus=False)
            help_line = Static(
                Text(help_text, no_wrap=True, overflow="ellipsis"),
                id=f"help-{name}",
                classes="field-help",
            )
            yield help_line

    def on_mount(self) -> None:
        """Show the drafts and fill the form with the first."""
        table = self.query_one("#presets", Table)
        names = [draft.name for draft in self._drafts.values()]
        labels = [  # runs of a preset's sweep have its name, and stand before it
            draft.title if draft.name in names[i + 1 :] else draft.name
            for i, draft in self._drafts.items()
        ]
        with self.prevent(Table.Moved):  # it would fill the form once more, over what was typed
            table.set_rows([Column("start from", 28)], list(self._drafts), lambda i: (labels[i],))
        self.set_focus(table)
        self._fill()

    def on_resize(self, event: events.Resize) -> None:
        """In a small terminal the fields have the room; what explains them gives way."""
        wide, tall = event.size.width >= 90, event.size.height >= 24
        self.query_one("#launch-left").styles.width = 30 if wide else 14
        self.query_one("#launch-about").display = tall
        for line in self.query(".field-help"):
            line.display = wide

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
        with self.prevent(Input.Changed):
            self.query_one("#field-name", Input).value = sweep.name
            device = self.query_one("#field-device", Input)
            device.value = device.value or "auto"
            for name in self._fields:
                line = self.query_one(f"#field-{name}", Input)
                line.value, line.placeholder = field_text(sweep, name), placeholder(sweep, name)
                self._say(name, None)
        self._reprice()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        name = (event.input.id or "").removeprefix("field-")
        if name in self._fields:
            try:
                if event.value.strip():
                    parse_values(name, event.value)
                self._say(name, None)
            except SpecificationError as error:
                self._say(name, str(error))
        self._reprice()

    def _say(self, name: str, wrong: str | None) -> None:
        line = self.query_one(f"#help-{name}", Static)
        words = f" ({', '.join(CHOICES[name])})" if name in CHOICES else ""
        text = wrong or FIELDS[name].metadata["help"] + words
        line.update(Text(literal(text), no_wrap=True, overflow="ellipsis"))
        line.set_class(wrong is not None, "wrong")

    def _sweep(self) -> Sweep:
        texts = {name: self.query_one(f"#field-{name}", Input).value for name in self._fields}
        return changed(self._drafts[self._place], texts, self.query_one("#field-name", Input).value)

    @work(exclusive=True, group="price")
    async def _reprice(self) -> None:
        line = self.query_one("#price", Static)
        try:
            # what is typed now: after the pause the form may have been closed
            sweep, device = self._sweep(), self._device()
            await asyncio.sleep(SETTLE_SECONDS)
            cost, place = await asyncio.to_thread(price, sweep, device)
        except SpecificationError as error:
            line.update(Text(literal(error)))
            line.add_class("wrong")
            return
        line.remove_class("wrong")
        line.update(Text(" · ".join([*_size(cost), _time(cost, place)])))

    def _device(self) -> str:
        return self.query_one("#field-device", Input).value.strip() or "auto"

    def action_launch(self) -> None:
        """Queue the sweep, after a question if it takes long, unless something is wrong with it."""
        if not self._launching:
            self._launching = True
            self._launch()

    @work(group="launch")
    async def _launch(self) -> None:
        try:
            sweep, device = self._sweep(), self._device()
            cost, place = await asyncio.to_thread(price, sweep, device)
        except SpecificationError as error:
            line = self.query_one("#price", Static)
            line.update(Text(literal(error)))
            line.add_class("wrong")
            self._launching = False
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._queue(sweep, device)
            else:
                self._launching = False

        if cost.seconds < ASK_SECONDS:
            self._queue(sweep, device)
        else:
            facts = [*_size(cost), _time(cost, place)]
            self.app.push_screen(Confirm(f"Train {literal(sweep.name)}?", facts), answered)

    @work(group="launch")
    async def _queue(self, sweep: Sweep, device: str) -> None:
        app = cast("GrokApp", self.app)
        submitted = await app.blocking(self._submit, app.store, sweep, device, self._place)
        self._launching = False
        if submitted is not None:
            app.start_workers(device)
            self.dismiss(submitted.sweep_id)


def _size(cost: Estimate) -> list[str]:
    return [
        f"{cost.runs} run{'s' if cost.runs != 1 else ''}",
        f"{format_count(cost.parameters)} parameters",
        f"{format_count(cost.operations)} operations",
        format_bytes(cost.memory_bytes),
    ]


def _time(cost: Estimate, place: str) -> str:
    return f"about {format_duration(cost.seconds)} on {place}"
