"""A migration's journal: one hash in the keyspace that it writes to, outside both prefixes.

    understudy:…    plan      the plan as JSON; there is no journal without it
                    format    how the steps of a plan are numbered: another version may number them otherwise
                    phase     migrating, complete or rolling back
                    began     when, in epoch milliseconds
                    backup    the backup file's name, as the first run gave it
                    others    how many keys were under the target's prefix before
                    export    the file of a rollback that was begun, with its whole path
                    way       how it goes back: from the backup, or by the mapping
                    done:<n>  the n-th step is complete; the value is what it changed

It lives beside the data because it must be as durable as they are, and whoever resumes needs nothing else.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from harness.migrations.redis.keyspace.errors import Refused
from worker.codeq import Server
from worker.codeq.servers.server import Command

# The first is of a plan that no journal has yet.
FORMAT = "3"

PLANNED, MIGRATING, COMPLETE, ROLLING_BACK = "planned", "migrating", "complete", "rolling back"


class Planned(Protocol):
    """What a journal keeps: it can be written as JSON."""

    def as_json(self) -> dict[str, Any]: ...


P = TypeVar("P", bound=Planned)


@dataclass(frozen=True)
class Entries(Generic[P]):
    """What the journal says; ``began`` is in epoch milliseconds.

    ``others`` is how many keys were under the target's prefix before.
    """

    plan: P
    phase: str
    began: int
    backup: str
    done: dict[int, int]
    export: str = ""
    way: str = ""
    others: int = 0
    format: str = FORMAT


class Journal(Generic[P]):
    """Reads and writes the journal under ``key`` on ``server``; ``read_plan`` makes a plan of its JSON."""

    def __init__(self, server: Server, key: str, read_plan: Callable[[dict[str, Any]], P]) -> None:
        self._server = server
        self._key = key
        self._read_plan = read_plan

    async def read(self) -> Entries[P] | None:
        """None when no migration was begun, or the last one was rolled back.

        Raises Refused for one that another version of this program began and did not end, or that is damaged.
        """
        flat = await self._server.call("HGETALL", self._key)
        fields: dict[str, str] = dict(zip(flat[::2], flat[1::2], strict=True))
        if "plan" not in fields:
            return None
        if fields.get("format") != FORMAT and fields.get("phase") != COMPLETE:
            raise Refused(
                [
                    f"the migration in {self._key} was begun by another version of rehearse, whose steps are "
                    "numbered otherwise: go on with that version"
                ]
            )
        try:
            return self._entries(fields)
        except (KeyError, ValueError, TypeError) as error:
            raise Refused(
                [
                    f"the journal {self._key} is damaged ({type(error).__name__}: {error}): something else "
                    "wrote there, so restore that hash from a backup of the server"
                ]
            ) from error

    def _entries(self, fields: dict[str, str]) -> Entries[P]:
        return Entries(
            self._read_plan(json.loads(fields["plan"])),
            fields["phase"],
            int(fields.get("began", 0)),
            fields.get("backup", ""),
            {int(name[5:]): int(text) for name, text in fields.items() if name.startswith("done:")},
            fields.get("export", ""),
            fields.get("way", ""),
            int(fields.get("others", 0)),
            fields.get("format", ""),
        )

    @property
    def commands(self) -> list[Command]:
        """What is asked of the server for it, on a key of its own kind."""
        key = f"{self._key}:probe"
        return [("HSET", key, "1", "1"), ("HGETALL", key), ("DEL", key)]

    async def begin(self, entries: Entries[P]) -> None:
        """One command, so that there is either no journal or all of it."""
        text = json.dumps(entries.plan.as_json())
        fields = (
            "plan",
            text,
            "format",
            FORMAT,
            "phase",
            MIGRATING,
            "began",
            entries.began,
            "backup",
            entries.backup,
            "others",
            entries.others,
        )
        await self._server.call("HSET", self._key, *fields)

    async def step_done(self, number: int, changed: int) -> None:
        await self._server.call("HSET", self._key, f"done:{number}", changed)

    async def enter(self, phase: str) -> None:
        await self._server.call("HSET", self._key, "phase", phase)

    async def go_back(self, way: str) -> None:
        """A rollback begins."""
        await self._server.call("HSET", self._key, "phase", ROLLING_BACK, "way", way)

    async def exporting(self, file: str) -> None:
        """A rollback is going to write ``file``, or has."""
        await self._server.call("HSET", self._key, "export", file)

    async def forget(self) -> None:
        await self._server.call("DEL", self._key)
