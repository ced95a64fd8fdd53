"""The files in a Worker's folder that are its code."""

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from worker.config import WorkerConfig

PYTHON: Final = (".py",)
JAVASCRIPT: Final = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
# Besides code: what a Worker imports or is built from, the tables of its databases, and its configuration.
_BESIDES: Final = (".wasm", ".sql", ".toml", ".jsonc")
_BESIDES_BY_NAME: Final = ("wrangler.json", "package.json")
# Folders of packages that somebody else wrote, and of tests, which do not run in the Worker.
_PACKAGES: Final = frozenset({"node_modules", "python_modules", "site-packages", "__pycache__"})
_TESTS: Final = frozenset({"test", "tests", "__tests__", "__mocks__", "e2e"})
_TEST_NAMES: Final = (".test.", ".spec.", ".config.")
# Folders of what programs wrote. A Worker may run from there.
_BUILT: Final = frozenset({"dist", "build", "out", "vendor", "coverage"})


def is_javascript(config: WorkerConfig) -> bool:
    """Whether the Worker's entry file is JavaScript or TypeScript."""
    return config.entry is not None and config.entry.suffix in JAVASCRIPT


def code_files(folder: Path) -> list[Path]:
    """Every file of which a change may change what the Worker does, sorted: no packages, no tests."""
    suffixes = {*PYTHON, *JAVASCRIPT, *_BESIDES}
    files = _files(folder, _PACKAGES | _TESTS)
    return sorted(one for one in files if one.suffix in suffixes or one.name in _BESIDES_BY_NAME)


def source_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The files of these ``suffixes`` that somebody wrote for the Worker, sorted: nothing built, either."""
    files = _files(folder, _PACKAGES | _TESTS | _BUILT)
    return sorted(one for one in files if one.suffix in suffixes and not _is_test(one.name))


def copied_with(texts: Mapping[Path, str], root: Path, place: Path) -> Path:
    """A copy of the folder ``root``, below ``place``, with ``texts`` in its files: where it is.

    Only code is copied. Everything else, and what is beside the folder or above, is there by links, so that
    what the code imports is found; what is a link itself would be followed to where it leads.
    """
    root, texts = root.resolve(), {path.resolve(): text for path, text in texts.items()}
    own = {*code_files(root), *texts}
    folders = {parent for path in own for parent in path.parents}
    for folder in sorted(folders):
        made = place / folder.relative_to(folder.anchor)
        made.mkdir(parents=True, exist_ok=True)
        for one in _beside(folder):
            copy = made / one.name
            if one in texts:
                copy.write_text(texts[one], encoding="utf-8")
            elif one in own:
                shutil.copyfile(one, copy)
            elif one not in folders:
                copy.symlink_to(one)
    return place / root.relative_to(root.anchor)


def _beside(folder: Path) -> list[Path]:
    """What is in a folder; a folder above one's own may not be for us to read."""
    try:
        return list(folder.iterdir())
    except PermissionError:
        return []


def _files(folder: Path, left_out: Collection[str]) -> Iterator[Path]:
    """The files below ``folder``, without folders of these names and hidden ones, which are not read."""
    for place, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one not in left_out and not one.startswith(".")]
        yield from (path for name in names if (path := Path(place, name)).is_file())


def _is_test(name: str) -> bool:
    return name.startswith("test_") or any(one in name for one in _TEST_NAMES)
