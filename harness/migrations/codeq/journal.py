"""Where the journal of this migration is, and what it holds."""

from harness.migrations.codeq.plan import Plan
from harness.migrations.redis.keyspace import journal
from harness.migrations.redis.keyspace.journal import COMPLETE, MIGRATING, ROLLING_BACK
from worker.codeq import Server

__all__ = ["COMPLETE", "KEY", "MIGRATING", "ROLLING_BACK", "STOPPED", "Entries", "Journal"]

KEY = "understudy:codeq-migration"
STOPPED = "keep codeQ and the old service stopped"  # what must be while it is half done
Entries = journal.Entries[Plan]


class Journal(journal.Journal[Plan]):
    """The journal on ``server``."""

    def __init__(self, server: Server) -> None:
        super().__init__(server, KEY, Plan.from_json)
