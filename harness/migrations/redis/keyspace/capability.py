"""What a server can do that the migration depends on: asked of the server, never guessed from its version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from worker.codeq import Server, ServerError
from worker.codeq.servers.server import Command

_PROBE = "understudy:probe:absent"
# No command anywhere: a transaction with it is refused as a whole, once each of its commands was looked at.
_NO_COMMAND = "UNDERSTUDY.NO-COMMAND"
_WORDS = {
    "NOPERM": "this user may not {name} as the migration will: ACL SETUSER grants it",
    "READONLY": "this server takes no writes, being a replica: name its primary instead",
    "OOM": "the server has no memory left for writes (maxmemory): make room first",
}


@dataclass(frozen=True)
class Capability:
    """``no_rename``: why RENAMENX cannot be used, in the server's words, empty where it can.

    ``replica_of`` is the primary's address on a replica. ``cluster``: keys are in slots, and no command takes
    keys of several. ``evicts`` is the policy by which keys may be dropped when memory is short, empty if none
    may.
    ``bare_noscript``: the answer to an unknown script starts with NOSCRIPT, which is all that codeQ's claim
    understands; otherwise its script must be loaded before the first claim and after each restart.
    """

    no_rename: str
    replica_of: str
    cluster: bool
    evicts: str
    bare_noscript: bool

    @property
    def obstacles(self) -> list[str]:
        """Why nothing can be migrated here, whatever the keyspace holds."""
        found = []
        if self.cluster:
            found.append("this is a cluster, where commands on keys of several slots fail with CROSSSLOT")
        if self.replica_of:
            found.append(f"this is a replica of {self.replica_of}: name that one instead")
        return found


async def capability(server: Server) -> Capability:
    """Asks with commands that change nothing. Raises ServerError if the server cannot be reached."""
    await server.call("PING")
    renamed = await _answer(server, "RENAMENX", _PROBE, f"{_PROBE}:too")
    said: dict[str, str] = {}
    for section in ("cluster", "replication", "memory"):
        lines = (await _answer(server, "INFO", section)).splitlines()
        said |= dict(line.split(":", 1) for line in lines if ":" in line)
    script = await _answer(server, "EVALSHA", "0" * 40, 0)
    policy, limited = said.get("maxmemory_policy", "noeviction"), said.get("maxmemory", "0") != "0"
    return Capability(
        no_rename="" if "no such key" in renamed else renamed,
        replica_of=f"{said.get('master_host')}:{said.get('master_port')}" * (said.get("role") == "slave"),
        cluster=said.get("cluster_enabled") == "1",
        evicts=policy if limited and policy != "noeviction" else "",
        bare_noscript=script.startswith("NOSCRIPT"),
    )


async def refused(server: Server, commands: Sequence[Command]) -> list[str]:
    """What of ``commands`` the server or this user's rights refuse: a sentence each. Executes none.

    They are queued in a transaction that is never executed, since one command in it does not exist. Raises
    ServerError if the server cannot be reached.
    """
    if await _refusal(server, commands) is None:
        return []
    found: dict[str, None] = {}  # in order, once each
    for command in commands:
        error = await _refusal(server, [command])
        if error is not None:
            name = str(command[0])
            found[_WORDS.get(error.code, "{name} is refused: {error}").format(name=name, error=error)] = None
    return list(found)


async def _refusal(server: Server, commands: Sequence[Command]) -> ServerError | None:
    try:
        await server.transaction([*commands, (_NO_COMMAND,)])
    except ServerError as error:
        if error.code == "UNREACHABLE":
            raise
        return None if _NO_COMMAND in str(error).upper() else error
    return None


async def _answer(server: Server, *command: Any) -> str:
    try:
        return str(await server.call(*command))
    except ServerError as error:
        if error.code == "UNREACHABLE":
            raise
        return str(error)
