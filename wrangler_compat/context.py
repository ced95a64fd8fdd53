"""What a command is given."""

from collections.abc import Mapping
from dataclasses import dataclass

from wrangler_compat.arguments import Arguments
from wrangler_compat.console import Console


@dataclass(frozen=True)
class Invocation:
    """``arguments.words`` holds the command's own positionals, without its name."""

    arguments: Arguments
    environ: Mapping[str, str]
    console: Console
