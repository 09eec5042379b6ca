"""The schema beside the SQL editor: every view, its columns and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text
from textual import events

from tui.app.widgets.table import Column, Spanning, Table, literal


class SchemaList(Table):
    """A heading for each view above its columns; the key of a line is ``view`` or ``view.column``.

    Its last part is what a line stands for.
    """

    def show_schema(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Show the rows of ``column_meaning``: view, column, meaning."""
        lines: dict[str, tuple[Text]] = {}
        self._meanings = {f"{row['view']}.{row['column']}": row["meaning"] for row in rows}
        for row in rows:
            if row["view"] not in lines:
                lines[row["view"]] = (Spanning(literal(row["view"]), "bold"),)
            words = Text("  " + row["column"], no_wrap=True)
            words.append("  " + literal(row["meaning"]), style="dim")
            lines[f"{row['view']}.{row['column']}"] = (words,)
        self._lines = lines
        self._fit(self.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """A meaning that has no room is shortened; :meth:`meaning` has all of it."""
        super().on_resize(event)
        if self.keys:
            self._fit(event.size.width)

    def _fit(self, width: int) -> None:
        room = max(20, width - 2)
        self.set_rows([Column("view, column, meaning", room)], list(self._lines), self._cells_of)

    def _cells_of(self, key: str) -> tuple[Text]:
        return self._lines[key]

    def meaning(self, key: str) -> str:
        """What a line means, in full."""
        return f"{key}: {self._meanings[key]}" if key in self._meanings else key

    @property
    def names(self) -> set[str]:
        """Every view and column: for completion."""
        return {name for key in self.keys for name in key.split(".")}
