"""Imports a Worker's code as the platform does: its folder is on the path, ``workers`` is importable."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from worker.runtime.errors import LoadError
from worker.runtime.platform import Platform
from worker.sdk.install import install


def import_worker(entry: Path, platform: Platform | None = None) -> ModuleType:
    """Run the entry file of a Worker and return its module.

    Modules beside the entry file are importable by their plain names. Two Workers may use the same names:
    each load starts afresh, and forgets the modules of the Worker that was loaded before. Raises LoadError.
    """
    if not entry.is_file():
        raise LoadError(f'The entry-point file at "{entry}" was not found.')
    if entry.suffix != ".py":
        raise LoadError(f'"{entry}" is no Python file: only Python Workers can be run here.')
    install()
    _forget_other_workers()
    folder = str(entry.parent)
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)
    with (platform or Platform()).importing():
        return _execute(entry)


# Modules of Workers carry this mark, so that the next load can tell them from everybody else's.
_MARK = "__understudy_worker__"


def _execute(entry: Path) -> ModuleType:
    name = entry.stem
    spec = importlib.util.spec_from_file_location(name, entry)
    if spec is None or spec.loader is None:
        raise LoadError(f'"{entry}" cannot be imported as a Python module.')
    module = importlib.util.module_from_spec(spec)
    before = set(sys.modules)
    shadowed = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise LoadError(f'"{entry}" fails while it is imported: {type(error).__name__}: {error}') from error
    finally:
        if shadowed is not None:
            sys.modules[name] = shadowed
        _mark(entry.parent, (set(sys.modules) - before) | {name})
    return module


def _mark(folder: Path, names: set[str]) -> None:
    for name in names:
        module = sys.modules.get(name)
        if module is not None and Path(getattr(module, "__file__", None) or "/").is_relative_to(folder):
            setattr(module, _MARK, str(folder))


def _forget_other_workers() -> None:
    for name, module in list(sys.modules.items()):
        folder = getattr(module, "__dict__", {}).get(_MARK)
        if folder is not None:
            del sys.modules[name]
            if folder in sys.path:
                sys.path.remove(folder)
