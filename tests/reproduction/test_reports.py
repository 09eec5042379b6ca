"""The reports in this folder are of the presets that the program has, and complete."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from engine.specification.presets import load
from engine.specification.sweep import parse
from tui.paper.figures import FIGURES
from tui.paper.takeaways import TAKEAWAYS

HERE = Path(__file__).parent
SPECIFICATIONS = sorted(HERE.glob("*/specifications/*.toml"))


@pytest.mark.parametrize("file", SPECIFICATIONS, ids=lambda file: file.stem)
def test_the_runs_of_a_report_are_those_of_its_preset(file: Path) -> None:
    specification = parse(file.read_text(), file.name)
    assert specification.runs() == load(specification.name).runs()


def test_the_laptop_report_is_whole() -> None:
    text = (HERE / "laptop" / "README.md").read_text()
    for takeaway in TAKEAWAYS:
        assert takeaway.statement in text
    for name in FIGURES:
        assert f"## {name}:" in text
        assert (HERE / "laptop" / "figures" / f"{name}.svg").is_file()
    assert "Not trained." not in text
    assert "not enough data" not in text
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (HERE / "laptop" / link).is_file()


def test_reports_are_small_and_name_no_machine() -> None:
    files = [file for file in HERE.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert sum(file.stat().st_size for file in files) < 2_000_000
    for file in files:
        if file.suffix in (".md", ".toml", ".csv", ".svg"):
            assert not re.search(r"/(home|root|tmp|Users)/", file.read_text()), file


def test_the_exploration_can_be_read() -> None:
    with (HERE / "exploration.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["modulus"] for row in rows} == {"29", "43"}
    assert all(0 <= float(row["train_accuracy"]) <= 1 for row in rows)
