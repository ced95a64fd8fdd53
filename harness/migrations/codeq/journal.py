"""The migration's journal: one hash in the same keyspace, outside both prefixes.

    understudy:codeq-migration    plan      the plan as JSON; there is no journal without it
                                  phase     migrating, complete or rolling back
                                  began     when, in epoch milliseconds
                                  backup    the backup file's name, as the first run gave it
                                  export    the file of a rollback that was begun, with its whole path
                                  done:<n>  the n-th step is complete; the value is what it changed

It lives beside the data because it must be as durable as they are, and whoever resumes needs nothing else.
"""

import json
from dataclasses import dataclass

from harness.migrations.codeq.plan import Plan
from worker.codeq import Server
from worker.codeq.servers.server import Command

KEY = "understudy:codeq-migration"
MIGRATING, COMPLETE, ROLLING_BACK = "migrating", "complete", "rolling back"


@dataclass(frozen=True)
class Entries:
    """What the journal says; ``began`` is in epoch milliseconds."""

    plan: Plan
    phase: str
    began: int
    backup: str
    done: dict[int, int]
    export: str = ""


class Journal:
    """Reads and writes the journal of the keyspace on ``server``."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def read(self) -> Entries | None:
        """None when no migration was begun, or the last one was rolled back."""
        flat = await self._server.call("HGETALL", KEY)
        fields: dict[str, str] = dict(zip(flat[::2], flat[1::2], strict=True))
        if "plan" not in fields:
            return None
        done = {int(name[5:]): int(text) for name, text in fields.items() if name.startswith("done:")}
        plan = Plan.from_json(json.loads(fields["plan"]))
        began = int(fields.get("began", 0))
        export = fields.get("export", "")
        return Entries(plan, fields["phase"], began, fields.get("backup", ""), done, export)

    @staticmethod
    def commands() -> list[Command]:
        """What is asked of the server for it, on a key of its own kind."""
        key = f"{KEY}:probe"
        return [("HSET", key, "1", "1"), ("HGETALL", key), ("DEL", key)]

    async def begin(self, entries: Entries) -> None:
        """One command, so that there is either no journal or all of it."""
        text = json.dumps(entries.plan.as_json())
        fields = ("plan", text, "phase", MIGRATING, "began", entries.began, "backup", entries.backup)
        await self._server.call("HSET", KEY, *fields)

    async def step_done(self, number: int, changed: int) -> None:
        await self._server.call("HSET", KEY, f"done:{number}", changed)

    async def enter(self, phase: str) -> None:
        await self._server.call("HSET", KEY, "phase", phase)

    async def exporting(self, file: str) -> None:
        """A rollback is going to write ``file``, or has."""
        await self._server.call("HSET", KEY, "export", file)

    async def forget(self) -> None:
        await self._server.call("DEL", KEY)
