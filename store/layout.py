"""Where everything of a store lives on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from store.errors import from_os_error


@dataclass(frozen=True, slots=True)
class StoreLayout:
    """The paths inside one store folder."""

    root: Path

    @property
    def database(self) -> Path:
        """Return the DuckDB file."""
        return self.root / "grok.duckdb"

    @property
    def spool(self) -> Path:
        """Return the folder of batches that are not in the database yet."""
        return self.root / "spool"

    @property
    def damaged(self) -> Path:
        """Return the folder of batches that cannot be read, kept for a person to look at."""
        return self.spool / "damaged"

    @property
    def checkpoints(self) -> Path:
        """Return the folder of safetensors files."""
        return self.root / "checkpoints"

    @property
    def workers(self) -> Path:
        """Return the folder of the workers' life signs."""
        return self.root / "workers"

    @property
    def logs(self) -> Path:
        """Return the folder of the workers' log files."""
        return self.root / "logs"

    @property
    def exports(self) -> Path:
        """Return the only folder that user SQL may read files from and write files to."""
        return self.root / "exports"

    def create(self) -> None:
        """Make the folders that are missing; raise StoreError where that is not possible."""
        for folder in (self.damaged, self.checkpoints, self.workers, self.logs, self.exports):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise from_os_error(error, folder) from error


def default_store_folder() -> Path:
    """Return ``GROK_TUI_STORE`` where it is set, else grok-tui's folder for user data."""
    chosen = os.environ.get("GROK_TUI_STORE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir("grok-tui", appauthor=False))
