"""The files in a Worker's folder that are its code."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

PYTHON: Final = frozenset({".py"})
# What a bundler reads, the statements of a database, and what says what is bound.
EVERY: Final = PYTHON | {
    *(".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".wasm", ".sql", ".toml", ".jsonc"),
}
_NAMES: Final = frozenset({"wrangler.json", "package.json"})
# Folders beside a Worker's code that hold somebody else's.
_NOT_ITS_OWN: Final = frozenset(
    {"python_modules", "node_modules", "site-packages", "tests", "__pycache__", "dist"}
)


def code_files(folder: Path, suffixes: Collection[str] = EVERY) -> list[Path]:
    """The files of these ``suffixes`` that are the Worker's own, and its configuration, sorted.

    What others wrote (``node_modules``, ``.venv`` …), what was built, and tests are left out.
    """
    names = _NAMES if suffixes is EVERY else ()
    wanted = (one for one in folder.rglob("*") if one.suffix in suffixes or one.name in names)
    return sorted(one for one in wanted if _is_own(one.relative_to(folder)) and one.is_file())


def _is_own(place: Path) -> bool:
    return not any(part in _NOT_ITS_OWN or part.startswith(".") for part in place.parts)
