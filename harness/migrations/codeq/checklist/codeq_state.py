"""codeQ's keyspace by its nouns, read from a snapshot: the judge's own statement of the layout."""

from functools import cached_property

from harness.migrations.codeq.legacy_state import State

_TYPES = {"inprog": "set", "delayed": "zset", "dlq": "list"}
_FIXED = {"codeq:tasks": "hash", "codeq:tasks:ttl": "zset", "codeq:results": "hash", "codeq:subs": "hash"}


class CodeqState(State):
    """``codeq:``; commands are in lower case, as in keys."""

    prefix = "codeq:"

    @cached_property
    def queues(self) -> dict[tuple[str, str], list[str]]:
        """(command, part) → ids; the part is ``pending:<p>``, ``inprog``, ``delayed`` or ``dlq``."""
        found = {}
        for key, entry in self.snapshot.entries.items():
            command, part = queue_of(key)
            if part and entry.type == expected_type(key):
                found[command, part] = list(entry.value)
        return found

    def ids(self, part: str) -> list[str]:
        """Every id in that part of any queue; ``pending`` stands for all priorities."""
        return [one for (_, name), ids in self.queues.items() if name.split(":")[0] == part for one in ids]

    @property
    def wrong_types(self) -> list[str]:
        return [
            f"{key} is a {entry.type}, expected {expected_type(key) or 'no such key'}"
            for key, entry in self.snapshot.entries.items()
            if expected_type(key) != entry.type
        ]


def queue_of(key: str) -> tuple[str, str]:
    """Command and part of a queue's key; empty texts for any other key."""
    prefix = "codeq:q:"
    if not key.startswith(prefix):
        return "", ""
    command, _, part = key.removeprefix(prefix).rpartition(":")
    if part in _TYPES and command:
        return command, part
    command, _, word = command.rpartition(":")
    known = word == "pending" and command and part in "0123456789" and len(part) == 1
    return (command, f"pending:{part}") if known else ("", "")


def expected_type(key: str) -> str | None:
    if key in _FIXED:
        return _FIXED[key]
    part = queue_of(key)[1]
    if part:
        return _TYPES.get(part, "list")
    if key.startswith(("codeq:lease:", "codeq:idempo:", "codeq:subs:last:", "codeq:subs:rr:")):
        return "string"
    return "zset" if key.startswith("codeq:subs:") else None
