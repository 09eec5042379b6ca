"""The columns of the rows that go through the spool, and the check that a row fits them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from store.spool import Batch


class Column(NamedTuple):
    """What a value of a column must be."""

    type: type
    required: bool = True


_WHOLE, _NUMBER, _TEXT = Column(int), Column(float), Column(str)
_LARGEST = 2**31  # INTEGER; a checkpoint is smaller, too
_MAYBE_NUMBER = Column(float, required=False)

KINDS: dict[str, tuple[str, dict[str, Column]]] = {
    "metrics": (
        "metric_log",
        {
            "run_id": _WHOLE,
            "attempt": _WHOLE,
            "step": _WHOLE,
            "seconds": _NUMBER,
            "train_loss": _MAYBE_NUMBER,
            "train_accuracy": _MAYBE_NUMBER,
            "validation_loss": _MAYBE_NUMBER,
            "validation_accuracy": _MAYBE_NUMBER,
            "task_loss": _MAYBE_NUMBER,
            "task_accuracy": _MAYBE_NUMBER,
            "memorization_loss": _MAYBE_NUMBER,
            "memorization_accuracy": _MAYBE_NUMBER,
            "parameter_norm": _MAYBE_NUMBER,
            "gradient_norm": _MAYBE_NUMBER,
            "saturated_share": _MAYBE_NUMBER,
        },
    ),
    "events": (
        "run_event_log",
        {
            "run_id": _WHOLE,
            "attempt": _WHOLE,
            "state": _TEXT,
            "step": Column(int, required=False),
            "worker_id": Column(str, required=False),
            "detail": _TEXT,
            "recorded_at": _TEXT,
        },
    ),
    "checkpoints": (
        "checkpoint_log",
        {
            "run_id": _WHOLE,
            "attempt": _WHOLE,
            "step": _WHOLE,
            "path": _TEXT,
            "bytes": _WHOLE,
            "reason": _TEXT,
            "seconds": _NUMBER,
            "recorded_at": _TEXT,
        },
    ),
    "workers": (
        "worker_log",
        {
            "worker_id": _TEXT,
            "host": _TEXT,
            "pid": _WHOLE,
            "device": _TEXT,
            "state": _TEXT,
            "runs": _WHOLE,
            "steps_per_second": _MAYBE_NUMBER,
            "detail": _TEXT,
            "recorded_at": _TEXT,
        },
    ),
}
"""For each field of a Batch its table and the columns that a row has in a batch file, in order."""


def packed(batch: Batch, now: str) -> Iterator[list[Any]]:
    """Yield each row as ``[kind, value, …]`` in the order of its columns.

    Numbers of other libraries (numpy) become Python's. Raises ValueError for a row that the
    table would refuse: it must not come as far as the spool, where it would hold up the others.
    """
    for kind, (table, columns) in KINDS.items():
        for row in getattr(batch, kind):
            unknown = row.keys() - columns.keys()
            if unknown:
                raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
            yield [kind, *_values(row, table, columns, now)]


def _values(
    row: Mapping[str, Any], table: str, columns: Mapping[str, Column], now: str
) -> Iterator[Any]:
    for name, column in columns.items():
        value = row.get(name)
        if value is not None:
            converted = column.type(value)
            if column.type is int and (converted != value or abs(converted) >= _LARGEST):
                raise ValueError(f"{table}.{name} must be a whole number, not {value!r}")
            if column.type is str:  # half a surrogate pair is no text to the database
                converted = converted.encode("utf-8", "replace").decode()
            yield converted
        elif name == "recorded_at":
            yield now
        elif name == "detail":
            yield ""
        elif column.required:
            raise ValueError(f"a row for {table} lacks {name}: {dict(row)}")
        else:
            yield None
