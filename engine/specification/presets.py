"""The sweeps that come with the program: one TOML file each, in the folder ``presets``.

Those of the study have two scales: ``fig6`` is the experiment of the paper, ``laptop/fig6`` the
same phenomenon at a small modulus, in the folder ``presets/laptop``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from engine.specification.errors import SpecificationError, nearest
from engine.specification.sweep import Sweep, parse

_FOLDER = resources.files(__package__) / "presets"


@cache
def _files() -> dict[str, Traversable]:
    files: dict[str, Traversable] = {}
    for entry in _FOLDER.iterdir():
        inside = entry.iterdir() if entry.is_dir() else [entry]
        prefix = f"{entry.name}/" if entry.is_dir() else ""
        files |= {prefix + file.name.removesuffix(".toml"): file for file in inside}
    return files


def names() -> list[str]:
    """The names of all presets: in order, fig10 after fig9, those of a folder at the end."""
    return sorted(_files(), key=lambda name: (name.count("/"), len(name), name))


def text(name: str) -> str:
    """The TOML text of a preset.

    Raises:
        SpecificationError: there is no such preset.
    """
    if name not in _files():
        raise SpecificationError(f"There is no preset '{name}'; {nearest(name, names())}")
    return _files()[name].read_text(encoding="utf-8")


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
