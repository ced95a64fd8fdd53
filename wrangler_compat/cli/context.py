"""What a command is given."""

from collections.abc import Mapping
from dataclasses import dataclass

from kvstore.clock import Clock
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.console import Console


@dataclass(frozen=True)
class Invocation:
    """``arguments.words`` holds the command's own positionals; ``clock`` is what waiting goes by."""

    arguments: Arguments
    environ: Mapping[str, str]
    console: Console
    clock: Clock
