"""What both ways of a migration are told: what is moved, from where to where, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.migrations.redis.keyspace.journal import Journal
from harness.migrations.redis.keyspace.pieces import CHUNK
from harness.migrations.redis.mapping.plan import Plan
from harness.migrations.redis.planfile.declaration import Declaration
from kvstore.clock import Clock
from worker.codeq import Server

OnProgress = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """How to migrate. ``freeze_seconds``: how long nothing may change before it starts, 0 for no proof.

    ``backup`` is a file for the backup of the source, or for the export of the way back; None takes none.
    """

    keep_source: bool = False
    accept_defects: bool = False
    freeze_seconds: float = 2
    chunk: int = CHUNK
    backup: Path | None = None


def silent(text: str) -> None:
    """The default: no progress is shown."""


@dataclass(frozen=True)
class Move:
    """What ``declaration`` says, from ``source`` to ``target``, which may be the same server.

    ``on_progress`` gets how far it is. ``back`` is how the way back is asked for, ``keep`` what must stay as
    it is while it is half done.
    """

    declaration: Declaration
    source: Server
    target: Server
    clock: Clock
    settings: Settings = Settings()
    on_progress: OnProgress = silent
    back: str = "--rollback"
    keep: str = "keep both services stopped"

    @property
    def elsewhere(self) -> bool:
        return self.source is not self.target

    @property
    def journal(self) -> Journal[Plan]:
        return Journal(self.target, self.declaration.journal, Plan.from_json)
