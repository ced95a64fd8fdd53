"""What codeQ did since the cut-over: what a rollback cannot give back to the old service."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.legacy_state import FINISHED, parse
from harness.migrations.redis.keyspace.pieces import parts, scan
from harness.model.verdict import agree
from harness.terminal.lines import some
from worker.codeq import CodeqKeys, Server
from worker.codeq.keys import CODEQ


@dataclass(frozen=True)
class Account:
    """Task ids by what became of them in codeQ. All of it is in the export."""

    created: tuple[str, ...]
    finished: tuple[str, ...]
    delayed: tuple[str, ...]
    dead: tuple[str, ...]
    results: tuple[str, ...]

    def sentences(self, *, source_kept: bool) -> list[str]:
        """What that means after the rollback, for people."""
        said = []
        if source_kept:
            said += _about(
                self.created,
                "{n} task{s} {were} created in codeQ, unknown to the old service: only in the export",
            )
            said += _about(
                self.finished, "{n} task{s} {were} finished in codeQ, and will run again in the old service"
            )
        else:
            said += _about(
                self.delayed,
                "{n} task{s} {were} waiting for a time in codeQ, pending at once in the old service",
            )
            said += _about(self.dead, "{n} dead letter{s}: the old service has no queue for {them}")
        return said + _about(self.results, "{n} result{s}, kept in the export only")

    def as_json(self) -> dict[str, Any]:
        return {name: list(getattr(self, name)) for name in self.__dataclass_fields__}


def _about(ids: tuple[str, ...], what: str) -> list[str]:
    return [f"{agree(what, len(ids))}: {some(ids)}"] if ids else []


async def account(server: Server, *, source_kept: bool) -> Account:
    """Reads both keyspaces in pieces. Raises ServerError."""
    keys = CodeqKeys()
    created, finished = [], []
    async for page in parts(server, keys.tasks, "hash"):
        new = dict(zip(page[::2], page[1::2], strict=True))
        old = await server.call("HMGET", legacy.TASKS, *new) if source_kept else [None] * len(new)
        for (task_id, text), before in zip(new.items(), old, strict=True):
            if source_kept and before is None:
                created.append(task_id)
            if _finished(text) and not (before is not None and _finished(before)):
                finished.append(task_id)
    results = [one async for page in parts(server, keys.results, "hash") for one in page[::2]]
    return Account(
        created=_named(created),
        finished=_named(finished),
        delayed=_named([one async for one in _members(server, ":delayed", "zset")]),
        dead=_named([one async for one in _members(server, ":dlq", "list")]),
        results=_named(results),
    )


def _finished(text: str) -> bool:
    task = parse(text)
    return task is not None and task.status in FINISHED


def _named(ids: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(ids)))


async def _members(server: Server, suffix: str, kind: str) -> AsyncIterator[str]:
    """The ids in every queue whose key ends so."""
    async for keys in scan(server, f"{CODEQ}q:"):
        for key in keys:
            if key.endswith(suffix):
                async for page in parts(server, key, kind):
                    for one in page[::2] if kind == "zset" else page:
                        yield one
