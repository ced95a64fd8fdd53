"""Finds the configuration file that belongs to a folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

FILE_NAMES: Final = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")


def find_config(start: Path) -> Path | None:
    """The configuration for the folder ``start``: there or in the nearest folder above, or None.

    The name decides before the distance, as in wrangler: a wrangler.json three folders up is taken before
    a wrangler.toml in ``start``.
    """
    return next(_candidates(start.absolute()), None)


def config_in(folder: Path) -> Path | None:
    """The configuration in ``folder`` itself, or None."""
    return next((folder / name for name in FILE_NAMES if _is_file(folder / name)), None)


def _candidates(start: Path) -> Iterator[Path]:
    for name in FILE_NAMES:
        for folder in (start, *start.parents):
            if _is_file(folder / name):
                yield folder / name


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be looked into is one without a configuration
        return False
