"""What a command is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kvstore.clock import Clock
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.console import Console

if TYPE_CHECKING:
    from wrangler_compat.cli.project import Project


@dataclass(frozen=True)
class Invocation:
    """``arguments.words`` holds the command's own positionals; ``clock`` is what waiting goes by.

    ``folder`` is what relative paths are seen from.
    """

    arguments: Arguments
    environ: Mapping[str, str]
    console: Console
    clock: Clock
    folder: Path

    @cached_property
    def project(self) -> "Project":
        """The configuration, read when it is first asked for. Raises CommandError when it is wrong."""
        return self.read_project()

    def read_project(self, *, with_secrets: bool = False, config: str | None = None) -> "Project":
        """As `project`, read anew: for ``dev``, where it changes. ``config`` is its path."""
        from wrangler_compat.cli.project import open_project  # what only prints help reads no configuration

        return open_project(
            self.folder,
            self.arguments,
            self.environ,
            self.console,
            with_secrets=with_secrets,
            config=config,
        )
