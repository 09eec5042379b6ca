"""Acting on runs from any view: stop, pause, resume, tag, note, compare, launch, filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from engine import launch
from store import catalog, queue
from tui.app.filters import FilterError, compile_filter, complete
from tui.app.screens.compare import Compare
from tui.app.screens.dialogs import Ask, Confirm
from tui.app.screens.filterbar import FilterBar
from tui.app.screens.launch import Launch, again, forking, fresh
from tui.plots.numbers import format_duration

if TYPE_CHECKING:
    from tui.app.app import GrokApp


LIVE: Final = ("running", "queued", "paused", "dead")
"""The states of runs that can be stopped."""

ATTENDED: Final = frozenset({"queued", "already queued", "asked", "already running"})
"""What resuming a run may come to, and a worker must be there then."""


def nothing_to(wanted: str, states: Mapping[str, int]) -> str:
    """Why a request does nothing: how many runs are in which state, as one sentence."""
    if not states:
        return f"There is no run to {wanted}."
    parts = [
        f"{count} run{'s are' if count > 1 else ' is'} {state}" for state, count in states.items()
    ]
    return f"There is nothing to {wanted}: {', '.join(parts)}."


class Steering:
    """The actions of every view that has runs in sight. Writing happens in threads."""

    def __init__(self, app: GrokApp) -> None:
        self._app = app

    # filter

    async def do_filter(self) -> None:
        """Type a filter; it works while it is typed, escape restores the one before."""
        app = self._app
        before = app.state.filter
        keys = set(app.table.keys)

        def check(text: str) -> FilterError | None:
            try:
                compile_filter(text, keys)
            except FilterError as error:
                return error
            app.selection.set_filter(text)
            if app.selection.ids:  # else what was in sight stays there
                app.view.update()
            app.paint_bars()
            return None

        def done(text: str | None) -> None:
            app.selection.set_filter(before if text is None else text)
            app.view.update()
            app.paint_bars()

        def counted() -> tuple[int, int]:
            return len(app.selection.ids), len(app.table)

        bar = FilterBar(before, check, lambda text: complete(text, app.table.words, keys), counted)
        await app.push_screen(bar, done)
        bar.take_keys()

    # requests

    async def do_stop(self) -> None:
        """Stop the targets after a question with facts."""
        app = self._app
        ids = app.view.targets()
        runs = list(app.table.runs(ids))
        live = [run for run in runs if run["state"] in LIVE]
        if not live:
            self._refuse(nothing_to("stop", Counter(str(run["state"]) for run in runs)))
            return
        states = Counter(str(run["state"]) for run in live)
        spent = sum(run["seconds"] or 0.0 for run in live)
        kept = await app.blocking(app.library.rows, "last_checkpoints", [r["run_id"] for r in live])
        facts = [
            ", ".join(f"{count} {state}" for state, count in states.items()),
            f"{format_duration(spent)} of training so far",
            self._checkpoint_fact(kept or [], trains="running" in states),
            "R resumes them from there",
        ]
        hidden = len({run["run_id"] for run in live}.difference(app.selection.ids))
        if hidden and app.state.view in ("runs", "curves"):
            facts.insert(0, f"{hidden} of them hidden by the filter {app.state.filter}")

        def answered(yes: bool | None) -> None:
            if yes:
                app.run_worker(self._request([int(r["run_id"]) for r in live], "stop"))

        question = f"Stop {len(live)} run{'s' if len(live) > 1 else ''}?"
        app.clear_notifications()  # what was said before must not lie over the question
        app.push_screen(Confirm(question, facts), answered)

    async def do_pause(self) -> None:
        """Pause the targets."""
        await self._request(self._app.view.targets(), "pause")

    async def do_resume(self) -> None:
        """Resume the targets and see that a worker is there."""
        await self._request(self._app.view.targets(), "resume")

    async def _request(self, ids: list[int], wanted: Any) -> None:
        app = self._app
        if not ids:
            self._refuse(nothing_to(wanted, Counter()))
            return
        ask = partial(queue.request, app.store, ids, wanted, observer=app.library.observer)
        outcome = await app.blocking(ask)
        if outcome is None:
            return
        counts = Counter(outcome.values())
        in_vain = Counter({w.removeprefix("already "): n for w, n in counts.items() if " " in w})
        if in_vain.total() == counts.total():
            self._refuse(nothing_to(wanted, in_vain))
        else:
            done = ", ".join(f"{n} {what}" for what, n in counts.items())
            app.notify(f"{wanted}: {done}", markup=False)
        app.read_soon()
        if wanted == "resume" and counts.keys() & ATTENDED:
            app.run_worker(self._attend(), group="start")

    async def _attend(self) -> None:
        """See to it that a worker is there that does not hang."""
        app = self._app
        await app.blocking(launch.ensure_workers, app.store, "auto", app.library.observer)
        app.read_soon()

    def _refuse(self, words: str) -> None:
        """Say why nothing happens."""
        self._app.notify(words, severity="warning", timeout=4, markup=False)

    @staticmethod
    def _checkpoint_fact(rows: list[dict[str, Any]], *, trains: bool) -> str:
        more = "; running ones write one more" if trains else ""
        if not rows:
            return "no checkpoint yet" + more.replace(" more", "")
        steps = [row["step"] for row in rows]
        where = (
            f"step {steps[0]}" if min(steps) == max(steps) else f"steps {min(steps)} … {max(steps)}"
        )
        return f"last checkpoint{'s' if len(rows) > 1 else ''} at {where}{more}"

    # tags and notes

    def do_tag(self) -> None:
        """Attach words to the targets."""
        app = self._app
        ids = app.view.targets()
        if not ids:
            self._refuse("There is no run to tag.")
            return
        known = ", ".join(app.table.words("tags")[:12])

        def done(text: str | None) -> None:
            if text and text.split():
                app.run_worker(self._tag(ids, text.split()))

        title = f"Tags for {len(ids)} run{'s' if len(ids) != 1 else ''}"
        hint = f"words; !word takes one away{'; here: ' + known if known else ''}"
        app.push_screen(Ask(title, hint=hint), done)

    async def _tag(self, ids: list[int], words: list[str]) -> None:
        def write() -> None:
            for word in words:
                if word.startswith("!"):
                    catalog.untag(self._app.store, ids, word[1:])
                else:
                    catalog.tag(self._app.store, ids, word)

        await self._app.blocking(write)
        self._app.read_soon()

    def do_note(self) -> None:
        """Edit the note of the targets."""
        app = self._app
        ids = app.view.targets()
        if not ids:
            self._refuse("There is no run to write a note on.")
            return
        notes = {run["note"] or "" for run in app.table.runs(ids)}
        note = notes.pop() if len(notes) == 1 else ""  # several notes: none is lost by enter alone

        def done(text: str | None) -> None:
            if text is not None and text != note:
                app.run_worker(self._note(ids, text))

        title = f"Note on run {ids[0]}" if len(ids) == 1 else f"Note on {len(ids)} runs"
        app.push_screen(Ask(title, note), done)

    async def _note(self, ids: list[int], text: str) -> None:
        await self._app.blocking(catalog.set_note, self._app.store, ids, text)
        self._app.read_soon()

    # marking, comparing and launching

    def do_unmark(self) -> None:
        """Take every mark away, in a view that shows what is marked elsewhere."""
        self._app.selection.unmark()
        self._app.view.update()

    def do_compare(self) -> None:
        """Marked runs side by side."""
        app = self._app
        ids = app.selection.marked_here() or app.view.targets()
        if not ids:
            self._refuse("Mark the runs to compare with space.")
            return
        app.push_screen(Compare(app.table, ids, app.state.baseline))

    def do_launch(self) -> None:
        """The form over presets and fields."""
        self._open_form(fresh())

    def do_again(self) -> None:
        """The form, filled in from the targets."""
        runs = list(self._app.table.runs(self._app.view.targets()))
        if not runs:
            self._refuse("There is no run to launch again.")
            return
        self._open_form(again(runs))

    async def do_fork(self) -> None:
        """The form over the checkpoints of a run."""
        app = self._app
        ids = app.view.targets()
        if not ids:
            self._refuse("There is no run to fork.")
            return
        if len(ids) > 1:
            self._refuse(f"A fork goes on from one run, and {len(ids)} are chosen: mark one.")
            return
        rows = await app.blocking(app.library.rows, "checkpoints", ids[0])
        steps = sorted({int(row["step"]) for row in rows or ()}, reverse=True)
        if not steps:
            self._refuse(f"Run {ids[0]} has no checkpoint to go on from.")
            return
        self._open_form(forking(dict(app.table.run(ids[0])), steps))

    def _open_form(self, form: Launch) -> None:
        app = self._app

        def done(sweep_id: int | None) -> None:
            if sweep_id is not None:
                app.state.grid_sweep = sweep_id
                app.selection.set_filter("")
                app.selection.unmark()  # marked runs would keep the new ones' curves out of sight
                app.state.cursor_run = 0
                app.notify(f"Sweep s{sweep_id} is in the queue.", markup=False)
                app.follow_sweep(sweep_id)
                app.read_soon()

        app.push_screen(form, done)
