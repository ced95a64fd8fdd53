"""The key layout of both services: the same nouns under two prefixes.

    legacy:                          codeq:                               type
    tasks                            tasks                                hash: id → task JSON
    tasks:ttl                        tasks:ttl                            zset: id → epoch seconds
    lease:<id>                       lease:<id>                           string with a TTL: the worker
    q:<command>:pending              q:<command>:pending:<0-9>            list: in left, out right
    q:<command>:inprog  (list)       q:<command>:inprog  (set)
                                     q:<command>:delayed                  zset: id → epoch seconds
                                     q:<command>:dlq                      list
                                     results                              hash: id → result JSON
                                     idempo:<key>                         string: a task's id
                                     subs, subs:<command>                 hash, zset
                                     subs:last:<id>, subs:rr:<command>:<group>   strings

No tenant segment, in-progress as a set and the dead letters as a list: codeQ as the migration guide knew it.
"""

from dataclasses import dataclass

LEGACY = "legacy:"
CODEQ = "codeq:"
BUILT_IN_COMMANDS = ("GENERATE_MASTER", "GENERATE_CREATIVE")
PRIORITIES = range(9, -1, -1)


@dataclass(frozen=True, slots=True)
class Keys:
    """What both services have, under ``prefix``."""

    prefix: str

    @property
    def tasks(self) -> str:
        return f"{self.prefix}tasks"

    @property
    def ttl(self) -> str:
        return f"{self.prefix}tasks:ttl"

    def lease(self, task: str) -> str:
        return f"{self.prefix}lease:{task}"

    def queue(self, command: str, part: str) -> str:
        """A queue's part; the command is lower case in keys, whatever it is in the task."""
        return f"{self.prefix}q:{command.lower()}:{part}"

    def inprog(self, command: str) -> str:
        return self.queue(command, "inprog")


class LegacyKeys(Keys):
    """The scheduler's: one pending list for each command."""

    def __init__(self) -> None:
        super().__init__(LEGACY)

    def pending(self, command: str) -> str:
        return self.queue(command, "pending")


class CodeqKeys(Keys):
    """codeQ's: a pending list for each priority, and what the scheduler has no word for."""

    def __init__(self) -> None:
        super().__init__(CODEQ)

    @property
    def results(self) -> str:
        return f"{self.prefix}results"

    @property
    def subs(self) -> str:
        return f"{self.prefix}subs"

    def pending(self, command: str, priority: int) -> str:
        return self.queue(command, f"pending:{priority}")

    def delayed(self, command: str) -> str:
        return self.queue(command, "delayed")

    def dlq(self, command: str) -> str:
        return self.queue(command, "dlq")

    def idempo(self, key: str) -> str:
        return f"{self.prefix}idempo:{key}"

    def subscribers(self, command: str) -> str:
        return f"{self.prefix}subs:{command.lower()}"

    def last_sent(self, subscription: str) -> str:
        return f"{self.prefix}subs:last:{subscription}"

    def turn(self, command: str, group: str) -> str:
        return f"{self.prefix}subs:rr:{command.lower()}:{group}"
