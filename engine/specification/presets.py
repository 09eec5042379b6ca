"""The sweeps that come with the program: one TOML file each, in the folder ``presets``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from engine.specification.errors import SpecificationError, nearest
from engine.specification.sweep import Sweep, parse

_FOLDER = resources.files(__package__) / "presets"


def names() -> list[str]:
    """The names of all presets."""
    return sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir())


def text(name: str) -> str:
    """The TOML text of a preset.

    Raises:
        SpecificationError: there is no such preset.
    """
    if name not in names():
        raise SpecificationError(f"There is no preset '{name}'; {nearest(name, names())}")
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def load(name_or_path: str) -> Sweep:
    """The sweep of a preset, or of a TOML file.

    Raises:
        SpecificationError: neither exists, or the file cannot be read or is wrong.
    """
    if name_or_path in names():
        return parse(text(name_or_path), f"preset {name_or_path}")
    path = Path(name_or_path)
    if path.suffix != ".toml" and not path.exists():
        raise SpecificationError(
            f"'{name_or_path}' is neither a preset nor a TOML file; "
            f"{nearest(name_or_path, names())}"
        )
    try:
        return parse(path.read_text(encoding="utf-8"), name_or_path)
    except UnicodeDecodeError as error:
        raise SpecificationError(
            f"{name_or_path} is not UTF-8 text: byte {error.start} cannot be read."
        ) from None
    except OSError as error:
        raise SpecificationError(f"{name_or_path} cannot be read: {error.strerror}.") from None
