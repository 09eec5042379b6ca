"""Curves through keys: small terminals, the run in front, every value at the crosshair, bands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from store.database import Store
from tests.tui.app.driving import Driver, drive
from tui.app.views.curves import CurvesView

Script = Callable[[Driver], Awaitable[None]]
Run = Callable[..., None]


def curves_of(d: Driver) -> CurvesView:
    view = d.app.view
    assert isinstance(view, CurvesView)
    return view


def titles(d: Driver) -> list[str]:
    """The charts in sight by their titles."""
    return [
        t for t in ("accuracy", "loss", "parameter norm", "gradient norm") if f"{t}  " in d.text
    ]


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (140, 40)])
def test_every_chart_in_sight_has_room_for_its_curves_and_keys_turn_to_the_others(
    run: Run, size: tuple[int, int]
) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "2")
        seen: list[str] = []
        for _ in range(4):
            shown = [drawing for drawing in curves_of(d).chart_grid._drawings if drawing.display]
            assert all(drawing.size.height >= 9 for drawing in shown)
            new = [title for title in titles(d) if title not in seen]
            seen += new
            await d.press("right_square_bracket")
            if size != (60, 18):
                break
            assert "of 4" in d.text.split("\n")[0]
        assert sorted(seen) == ["accuracy", "gradient norm", "loss", "parameter norm"]
        if size != (60, 18):
            assert "Every chart is in sight." in d.notices
        await d.resize(60, 18)
        assert "chart 1 of 4" in d.text
        await d.press("left_square_bracket", "enter")
        assert titles(d) == ["gradient norm"]
        await d.press("left_square_bracket")
        assert curves_of(d).full_screen == 2
        assert titles(d) == ["parameter norm"]
        await d.press("m", "full_stop")
        assert curves_of(d).viewport.crosshair is not None, "the keyboard is still there"

    run(script, size=size)


def test_a_filter_in_force_is_in_sight(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "space", "k", "space", "slash", *"seed=0", "enter", "2")
        header = d.text.split("\n")[0]
        assert "filter: seed=0" in header
        assert "2 runs, marked · 1 hidden by the filter" in header

    run(script)


def test_j_and_k_go_through_the_runs_and_space_marks_the_one_in_front(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "k", "k", "space", "space", "space", "2", "space")
        view = curves_of(d)
        assert "There is no run in front" in d.notices
        first, second, third = view.targets()
        await d.press("j")
        assert view.front == first
        assert f"{first} in front" in d.text
        await d.press("j", "j")
        assert view.front == third
        await d.press("j", "k", "k")
        assert view.front == second
        charts = [line for line in d.text.split("\n") if "━" in line]
        assert charts[0].lstrip().startswith(f"━ {second} "), "first in the legend"
        await d.press("space")
        assert view.targets() == [first, third]
        assert view.front == third

    run(script)


def test_in_full_screen_the_crosshair_reads_every_curve_by_value(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("slash", *"state=finished", "enter", "a", "2", "enter", "full_stop")
        view = curves_of(d)
        ids = view.targets()
        assert len(ids) == 24
        lines = d.text.split("\n")[1:-1]
        found = []
        for line in lines:
            words = line.split()
            place = next((i for i, word in enumerate(words) if word in "━╍┉"), None)
            if place is not None:
                found.append((int(words[place + 1]), float(words[-1])))
        assert sorted(run_id for run_id, _ in found) == sorted(ids)
        values = [value for _, value in found]
        assert values == sorted(values, reverse=True)
        assert len(set(values)) > 3
        await d.resize(80, 14)
        assert "more: j and k" in d.text
        for _ in ids:
            await d.press("j")
            assert (
                f"━ {view.front} " in d.text
                or f"┉ {view.front} " in d.text
                or (f"╍ {view.front} " in d.text)
            )

    run(script)


def test_a_band_is_over_all_seeds_that_are_marked_or_is_left_out(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.app.views.curves.MOST_RUNS", 7)

    async def script(d: Driver) -> None:
        await d.press("slash", *"state=finished", "enter", "a", "2", "A")
        view = curves_of(d)
        assert "6 of 24 runs drawn" in d.text
        (made, *_) = view._made
        assert [one.name.split("(")[1] for one in made[0]] == ["2 seeds)"] * 3
        await d.press("A")
        assert "7 of 24 runs drawn" in d.text

    run(script)


def test_seeds_that_are_left_out_of_a_band_are_counted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.app.views.curves.MOST_RUNS", 1)

    async def script(d: Driver) -> None:
        await d.press("G", "space", "k", "space", "2", "A")
        assert "(1 of 2 seeds)" in d.text

    run(script)


def test_a_store_without_runs_says_how_to_get_some(tmp_path: Path) -> None:
    async def script(d: Driver) -> None:
        await d.press("2")
        assert "No runs yet. Press n" in d.text
        await d.press("3")
        assert "No runs yet. Press n" in d.text
        await d.press("full_stop", "s")
        assert "There are no cells." in d.notices
        assert "There is no sweep yet." in d.notices

    drive(Store.open(tmp_path / "empty"), script, tmp_path / "state")


def test_actions_that_curves_share_with_runs(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "space", "k", "space", "2", "full_stop", "g")
        view = curves_of(d)
        assert view.viewport.crosshair == 1
        for key, option, value in (
            ("X", "log_x", False), ("y", "log_y", True), ("o", "x_axis", "seconds"),
        ):  # fmt: skip
            await d.press(key)
            assert getattr(d.app.state, option) == value
        await d.press("u")
        assert len(view.targets()) == 1

    run(script)


def test_what_would_change_nothing_says_so(run: Run) -> None:
    async def script(d: Driver) -> None:
        await d.press("G", "2", "l", "j", "u", "minus")
        assert "The whole range is in sight: + zooms in" in d.notices
        assert "There is one run in sight" in d.notices
        assert "No run is marked." in d.notices
        assert "The whole range is in sight." in d.notices
        await d.press("space")
        assert "1 run, marked" in d.text
        await d.press("space")
        assert "1 run ·" in d.text

    run(script)
