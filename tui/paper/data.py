"""What a figure is drawn from: rows of the views, and curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from store.curves import curves
from store.names import sql
from store.records import runs_with_zones

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from store.database import Store
    from tui.paper.figures import Figure

Row = dict[str, Any]
DEEPEST = 4  # runs drawn of those whose accuracy dips over time
POINTS = 400  # of a curve: two for each column of a wide terminal


@dataclass(frozen=True, slots=True)
class FigureData:
    """The data of one figure, all in memory; what its kind does not use is empty."""

    cells: list[Row] = field(default_factory=list)
    """Of phase_grid with the best seed's accuracy, or of capacity."""
    runs: list[Row] = field(default_factory=list)
    curves: dict[int, dict[str, tuple[NDArray[Any], NDArray[Any]]]] = field(default_factory=dict)
    """By run and metric: steps and values, arrays of equal length."""
    descents: list[Row] = field(default_factory=list)
    """Of epoch_wise_table or sample_wise_table."""


def read(store: Store, figure: Figure, sweep_id: int) -> FigureData:
    """The data of a figure's sweep as far as it is trained.

    Raises:
        DatabaseHeld: someone is writing for too long.
    """
    if figure.kind == "capacity":
        return FigureData(cells=rows(store, "capacity_of", sweep_id))
    table = f"{figure.descent}_table".replace("-", "_")
    descents = rows(store, table, sweep_id) if figure.descent else []
    if "curves" not in figure.kind:
        return FigureData(cells=rows(store, "cells_of", sweep_id), descents=descents)
    if figure.descent:
        ids = [row["run"] for row in descents[:DEEPEST]]
    else:
        with store.read() as connection:
            found = connection.execute(sql("runs_of_sweep"), [sweep_id]).fetchall()
        ids = [row[0] for row in found]
    return FigureData(
        descents=descents,
        runs=runs_with_zones(store, ids),
        curves=curves(store, ids, list(figure.metrics), POINTS, log_x=True),
    )


def rows(store: Store, name: str, sweep_id: int) -> list[Row]:
    """The rows of a query of ``store/queries`` about one sweep."""
    query = sql(name)
    with store.read() as connection:
        parameters: dict[str, Any] = {"sweep_id": sweep_id}
        if "$run_ids" in query:
            found = connection.execute(sql("runs_of_sweep"), [sweep_id]).fetchall()
            parameters = {"run_ids": [row[0] for row in found]}
        result = connection.execute(query, parameters)
        columns = [column[0] for column in result.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
