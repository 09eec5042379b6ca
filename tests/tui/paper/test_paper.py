"""``paper`` through the real program, on its smallest figure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from engine.launch import config_of_run, submit
from engine.specification.presets import load
from store.database import Store
from store.spool import Batch, SpoolWriter, ingest
from tests.store.support import await_that
from tests.tui.commands.support import Done, Program


@pytest.fixture(scope="module")
def fig2(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Done]:
    """The program after fig2 was begun, stopped, and asked for; and what it answered."""
    program = Program(tmp_path_factory.mktemp("paper") / "store")
    assert program("sweep", "laptop/fig2", "--detach", "--device", "cpu").code == 0
    program("stop", "all")
    ended = {"stopped", "finished"}
    await_that(lambda: {r["state"] for r in program("ls", "runs", "--json").json} <= ended, 60)
    done = program("paper", "fig2", "--device", "cpu")
    assert done.code == 0, done.err
    return program, done


Fig2 = tuple[Program, Done]


def test_a_figure_that_was_stopped_is_resumed_and_drawn(fig2: Fig2) -> None:
    program, done = fig2
    (sweep,) = program("ls", "--json").json
    assert (sweep["name"], sweep["finished"]) == ("laptop/fig2", 4)
    for panel in ("d 8, D 750", "d 32, D 550", "d 48, D 900", "d 24, D 750"):
        assert panel in done.out
    assert "\x1b" not in done.out


def test_a_figure_that_is_there_is_drawn_without_training(fig2: Fig2) -> None:
    program, done = fig2
    again = program("paper", "fig2", "--device", "cpu")
    assert again.out == done.out
    assert again.err == ""


def test_the_list_has_state_and_cost(fig2: Fig2) -> None:
    program, _ = fig2
    rows = {row["figure"]: row for row in program("paper", "--json").json}
    others = ["ungrokking", "epoch-wise", "sample-wise"]
    assert list(rows) == [*(f"fig{i}" for i in range(2, 11)), *others]
    assert rows["sample-wise"]["state"] == rows["fig6"]["state"]
    assert rows["sample-wise"]["title"] == "Double descent over training size"
    assert (rows["fig2"]["state"], rows["fig2"]["sweep"]) == ("done", "s1")
    assert rows["fig6"]["state"] == "not run"
    assert all(row["seconds"] > 0 for row in rows.values())
    other = {
        row["figure"]: row["runs"] for row in program("paper", "--scale", "paper", "--json").json
    }
    assert other["fig6"] == 15 * 4 * 11


def test_a_sweep_with_other_runs_is_not_the_figure(fig2: Fig2) -> None:
    program, _ = fig2
    changed = ("--set", "steps=5", "--set", "evaluations=3", "--detach", "--device", "cpu")
    assert program("sweep", "laptop/fig5", *changed).code == 0
    rows = {row["figure"]: row for row in program("paper", "--json").json}
    assert rows["fig5"]["state"] == "not run"


def test_takeaways_without_data_say_what_they_need(fig2: Fig2) -> None:
    program, _ = fig2
    rows = program("paper", "takeaways", "--json").json
    assert [row["takeaway"] for row in rows] == list(range(1, 9))
    assert {row["verdict"] for row in rows} == {"not enough data"}
    text = program("paper", "takeaways").out
    assert "needs fig3" in text
    assert "FROM critical_size" in text


def test_the_report_is_self_contained(fig2: Fig2, tmp_path: Path) -> None:
    program, _ = fig2
    folder = tmp_path / "deep" / "report"
    assert program("paper", "report", str(folder)).code == 0
    text = (folder / "README.md").read_text()
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert "figures/fig2.svg" in links
    assert all((folder / link).is_file() for link in links)
    assert (folder / "figures/fig2.svg").read_text().startswith("<svg")
    assert "Not trained." in text
    assert str(program.store) not in text
    specification = folder / "specifications" / "laptop-fig2.toml"
    cost = program("sweep", str(specification), "--dry-run", "--json").json
    assert cost["runs"] == 4
    assert program("paper", "report", str(folder)).code == 0  # again, over the old one


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("fig99",), "There is no figure 'fig99'; did you mean 'fig9'?"),
        (("report",), "A folder goes with report alone"),
        (("fig2", "folder"), "A folder goes with report alone"),
        (("report", "out", "--scale", "paper"), "Nothing of the study was trained"),
        (("fig3", "--device", "cuda:77"), "cuda:77"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    fig2: Fig2, arguments: tuple[str, ...], sentence: str
) -> None:
    done = fig2[0]("paper", *arguments)
    assert done.code == 1
    assert sentence in done.err
    assert "Traceback" not in done.err


def test_descents_are_read_from_the_runs_of_fig6(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    submitted = submit(store, load("laptop/fig6"))
    configs = {run_id: config_of_run(store, run_id) for run_id in submitted.run_ids}
    metrics: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for run_id, config in configs.items():
        # width 8 dips over time, and over size at D 900
        at_end = 0.2 if (config.width, config.train_size) == (8, 900) else 0.9
        over_time = (0.0, 0.7, 0.1, at_end) if config.width == 8 else (0.0, 0.1, 0.5, at_end)
        for step, validation in zip((0, 100, 200, 6000), over_time, strict=True):
            metrics.append(
                {"run_id": run_id, "attempt": 1, "step": step, "seconds": 1.0,
                 "train_accuracy": min(1.0, step / 100), "validation_accuracy": validation,
                 "parameter_norm": 10.0}
            )  # fmt: skip
        for state, step in (("running", 0), ("finished", 6000)):
            event = {"run_id": run_id, "attempt": 1, "state": state, "step": step}
            events.append({**event, "detail": "", "worker_id": "w"})
    SpoolWriter(store.layout, "w").write(Batch(metrics=metrics, events=events))
    ingest(store, 10.0)
    program = Program(store.layout.root)

    over_time = program("paper", "epoch-wise", "--json").json["descents"]["epoch-wise"]
    dips = sum(config.width == 8 for config in configs.values())
    assert (len(over_time), {row["of_runs"] for row in over_time}) == (dips, {len(configs)})
    assert {(row["d"], row["step"], row["disturbed"]) for row in over_time} == {(8, 200, False)}
    text = program("paper", "epoch-wise").out
    assert f"Seen in accuracy: of {len(configs)} runs {dips} fall and come back" in text
    over_size = program("paper", "sample-wise", "--json").json["descents"]["sample-wise"]
    assert [(row["d"], row["D_dip"]) for row in over_size if row["dips"]] == [(8, 900)]
    assert "Seen: at 1 of 10 widths" in program("paper", "sample-wise").out
    assert program("paper", "report", str(tmp_path / "report")).code == 0
    report = (tmp_path / "report" / "README.md").read_text()
    assert "## sample-wise: Double descent over training size" in report
    assert "Seen: at 1 of 10 widths" in report
