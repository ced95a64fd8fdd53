"""What codeQ did since the cut-over: what a rollback cannot give back to the old service."""

from dataclasses import dataclass
from typing import Any

from harness.codeq.legacy_state import FINISHED, parse
from harness.codeq.snapshot import Snapshot
from worker.codeq import CodeqKeys


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
            said += _about(self.created, "created in codeQ, unknown to the old service: only in the export")
            said += _about(self.finished, "finished in codeQ, and will run again in the old service")
        else:
            said += _about(self.delayed, "waiting for a time in codeQ, pending at once in the old service")
            said += _about(self.dead, "dead letters, for which the old service has no queue")
        return said + _about(self.results, "results, kept in the export only")

    def as_json(self) -> dict[str, Any]:
        return {name: list(getattr(self, name)) for name in self.__dataclass_fields__}


def _about(ids: tuple[str, ...], what: str) -> list[str]:
    return [f"{len(ids):,} {what}"] if ids else []


def account(codeq: Snapshot, legacy: Snapshot) -> Account:
    """``legacy`` is the source that was kept, or an empty snapshot after a rename."""
    keys = CodeqKeys()
    tasks = codeq.get(keys.tasks, {})
    old = legacy.get("legacy:tasks", {})
    statuses = {task_id: task.status for task_id, text in tasks.items() if (task := parse(text))}
    before = {task_id for task_id, text in old.items() if (task := parse(text)) and task.status in FINISHED}
    return Account(
        created=tuple(sorted(set(tasks) - set(old))) if old else (),
        finished=tuple(
            sorted(one for one, status in statuses.items() if status in FINISHED and one not in before)
        ),
        delayed=_members(codeq, ":delayed"),
        dead=_members(codeq, ":dlq"),
        results=tuple(sorted(codeq.get(keys.results, {}))),
    )


def _members(codeq: Snapshot, suffix: str) -> tuple[str, ...]:
    found = [entry.value for key, entry in codeq.entries.items() if key.endswith(suffix)]
    return tuple(sorted({member for value in found for member in value}))
