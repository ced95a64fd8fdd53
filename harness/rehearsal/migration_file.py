"""Reads the Python file that declares a migration."""

import importlib.util
import sys
from pathlib import Path

from harness.engine.under_way import asking
from harness.migration import Migration, MigrationError


def load_migration(path: Path) -> Migration:
    """The migration that a Python file declares. Raises MigrationError with what is wrong, and where."""
    if not path.is_file():
        wrong = "is not a file" if path.exists() else "does not exist"
        raise MigrationError(f"{path} {wrong}: name the Python file that declares your migration")
    spec = importlib.util.spec_from_file_location(f"understudy_migration_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise MigrationError(f"{path} cannot be imported: a migration is declared in a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        with asking(f"the import of {path}"):
            spec.loader.exec_module(module)
    except MigrationError as error:
        raise MigrationError(f"{path}: {error}") from error
    except Exception as error:
        raise MigrationError(f"{path} fails while it is imported: {type(error).__name__}: {error}") from error
    found = list(dict.fromkeys(one for one in vars(module).values() if isinstance(one, Migration)))
    if len(found) != 1:
        names = ", ".join(one.name for one in found) or "none"
        raise MigrationError(f"{path} must declare one Migration; it declares: {names}")
    return _complete(found[0].located(path.resolve().parent), path)


def _complete(migration: Migration, path: Path) -> Migration:
    """The migration, if nothing is missing. Raises MigrationError."""
    if not migration.mapping:
        raise MigrationError(
            f"{path} does not say what entries become: decorate a function with "
            f'@{migration.name}.becomes("prefix:")'
        )
    if migration.runbook is None and not migration.moves:
        raise MigrationError(
            f"{path} has no runbook: decorate one with @{migration.name}.operator, or a function that moves "
            f'one entry with @{migration.name}.each("prefix:")'
        )
    for name, stage in migration.stages.items():
        if not stage.folder.is_dir():
            raise MigrationError(
                f"{path}: the Worker {name} is to be in {stage.folder}, which does not exist"
            )
    if not migration.moves and "before" not in migration.stages:
        raise MigrationError(f"{path} names no Worker to begin with: before=FOLDER")
    return migration
