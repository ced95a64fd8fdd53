"""Imports a Worker's code as the platform does: its folder comes first, then ``workers`` and Python's own."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from worker.runtime import escapes, sources
from worker.runtime.errors import LoadError, MissingEntryError
from worker.runtime.failures import importing_failed
from worker.runtime.packages import Packages
from worker.runtime.space import Space
from worker.sdk.install import install


def import_worker(
    entry: Path, root: Path | None = None, name: str = "worker", texts: Mapping[Path, str] | None = None
) -> tuple[Space, ModuleType]:
    """Run the entry file of a Worker; its space and its module.

    ``root`` is the folder of its project, with the packages, and ``name`` what the Worker is called. Modules
    beside the entry file are importable by their plain names, whatever these are. ``texts`` are read in the
    place of what is in files. Raises LoadError.
    """
    if not entry.is_file():
        raise MissingEntryError(f'The entry-point file at "{entry}" was not found.')
    if entry.suffix != ".py":
        raise LoadError(f'"{entry}" is no Python file: only Python Workers can be run here.')
    install()
    sources.install()
    escapes.install()
    folder = entry.parent.resolve()
    space = Space(name, folder, Packages((root or entry.parent).resolve()), texts or {})
    try:
        return space, space.execute(folder / entry.name)
    except (Exception, SystemExit) as error:
        space.forget()
        raise LoadError(importing_failed(entry, error, space)) from error
