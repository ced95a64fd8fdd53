"""The folder and the configuration that a command runs with."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kvstore.stores.state_names import state_root
from worker.config import ConfigError, ConfigFileError, WorkerConfig, find_config, load_config
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.console import Console
from wrangler_compat.cli.errors import CommandError, FileError


@dataclass(frozen=True)
class Project:
    """Where a command runs: ``folder`` is what relative paths are seen from."""

    folder: Path
    config: WorkerConfig | None

    @property
    def root(self) -> Path:
        """The folder of the configuration file, which is where ``.wrangler`` is."""
        return self.config.root if self.config else self.folder

    def state_root(self, persist_to: str | None) -> Path:
        """The folder of the local state: the one that --persist-to names, else beside the configuration.

        It need not be there. Raises OSError for one that the system refuses, such as too long a name.
        """
        root = state_root(self.folder if persist_to else self.root, persist_to)
        # Asked here, as what asks later whether it is there takes a refusal for a no (Python 3.13 does).
        with suppress(FileNotFoundError, NotADirectoryError):
            root.stat()
        return root


def open_project(
    folder: Path,
    arguments: Arguments,
    environ: Mapping[str, str],
    console: Console,
    *,
    with_secrets: bool,
    config: str | None = None,
) -> Project:
    """Find and read the configuration: ``config``, else what --config names, else what is found.

    Raises CommandError with wrangler's text when it is wrong.
    """
    named = config or arguments.text("config")
    path = folder / named if named else find_config(folder)
    if path is None:
        return Project(folder, None)
    if not path.is_file():
        detail = f"ENOENT: no such file or directory, open '{path}'"
        raise FileError(f"Could not read file: {named}", detail)
    environment = arguments.flags.get("env")
    env_files = arguments.flags.get("env-file", ())
    try:
        found = load_config(
            path, environment, environ, cwd=folder, with_secrets=with_secrets, env_files=env_files
        )
    except ConfigFileError as error:
        raise FileError(error.message, *error.notes, location=error.location) from error
    except ConfigError as error:
        for warning in error.warnings:
            console.warn(warning)
        raise CommandError(error.message) from error
    for warning in found.warnings:
        console.warn(warning)
    return Project(folder, found)
