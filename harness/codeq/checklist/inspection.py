"""What the checks are given: the keyspace before and after, codeQ over HTTP, and the server itself."""

from dataclasses import dataclass

from harness.codeq.checklist.codeq_state import CodeqState
from harness.codeq.legacy_state import LegacyState
from harness.codeq.migrator import Migrator
from harness.codeq.services import Services
from harness.codeq.snapshot import Snapshot
from worker.codeq import Server


@dataclass(frozen=True)
class Inspection:
    """Everything that a check may look at.

    ``before`` is the frozen source; ``after`` and ``left`` are codeq: and legacy: right after the migration.
    ``mode`` is how it moved; ``extended``: leases were given more time. ``workers`` are the subs that
    workers' tokens will carry, None if unknown; ``now`` is in epoch seconds.
    """

    server: Server
    services: Services
    migrator: Migrator
    before: LegacyState
    after: CodeqState
    left: Snapshot
    mode: str
    extended: bool
    workers: frozenset[str] | None
    now: int
