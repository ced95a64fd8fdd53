"""The guide's own words, tried as they stand: what the server answers, and what to do instead.

Everything happens under a prefix of its own and is removed afterwards.
"""

from dataclasses import asdict, dataclass
from typing import Any

from harness.migrations.codeq.services.local import Services
from harness.migrations.codeq.services.seed import COMMANDS
from harness.migrations.redis.keyspace.pieces import delete_under
from worker.codeq import CodeqKeys, Server, ServerError

PREFIX = "understudy:literal:"


@dataclass(frozen=True, slots=True)
class Attempt:
    """``words`` of the guide, the server's ``answer`` or what came of it, and what to do ``instead``."""

    words: str
    worked: bool
    answer: str
    instead: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def literal(server: Server) -> list[Attempt]:
    """Tries them on ``server``. Raises ServerError only if it cannot be reached."""
    try:
        return [
            await _renamenx(server),
            await _dump_restore(server),
            await _add_before_delete(server),
            await _delete_before_add(server),
        ]
    finally:
        await delete_under(server, PREFIX)


async def _renamenx(server: Server) -> Attempt:
    await server.call("RPUSH", f"{PREFIX}a", "1")
    answer = await _try(server, "RENAMENX", f"{PREFIX}a", f"{PREFIX}b")
    instead = "copy by reading and writing: rehearse codeq migrate does so on this server by itself"
    return _attempt("RENAMENX per key", answer, instead)


async def _dump_restore(server: Server) -> Attempt:
    await server.call("RPUSH", f"{PREFIX}c", "1")
    answer = await _try(server, "DUMP", f"{PREFIX}c")
    if not isinstance(answer, ServerError):
        answer = "a payload"
    return _attempt(
        "DUMP/RESTORE per key",
        answer,
        "copy by reading and writing. Where DUMP exists: RESTORE needs the PTTL, as 0 means no end (H4)",
    )


async def _in_progress(server: Server) -> str:
    """A list of two ids."""
    key = f"{PREFIX}inprog"
    await server.call("DEL", key)
    await server.call("RPUSH", key, "a", "b")
    return key


async def _add_before_delete(server: Server) -> Attempt:
    key = await _in_progress(server)
    ids = await server.call("LRANGE", key, 0, -1)
    answer = await _try(server, "SADD", key, *ids)
    return _attempt(
        "LRANGE + SADD + DEL on one key",
        answer,
        "rehearse codeq convert: one script reads, deletes and adds, with nobody in between",
    )


async def _delete_before_add(server: Server) -> Attempt:
    """The other order runs, unless the program ends between its commands, as it does here."""
    key = await _in_progress(server)
    await server.call("LRANGE", key, 0, -1)
    await server.call("DEL", key)
    left = await server.call("EXISTS", key)
    answer = "cut off after DEL: the ids are in no queue and nowhere else" if not left else "nothing lost"
    return Attempt(
        "LRANGE + DEL + SADD on one key", bool(left), answer, "rehearse codeq convert, which is one command"
    )


async def on_codeq(services: Services) -> list[Attempt]:
    """What codeQ itself makes of the words. On an empty keyspace, which is empty again afterwards."""
    return [await _started(services), await _hyphenated(services)]


async def _started(services: Services) -> Attempt:
    claim = await services.new("/tasks/claim", {"commands": [COMMANDS[0]]}, services.tokens.worker)
    worked = claim.status_code == 204
    answer = f"a claim answers {claim.status_code} {claim.text[:80]}".strip()
    instead = "SCRIPT LOAD of codeQ's own claim script first (--claim-script), and again after each restart"
    return Attempt("start codeQ with the new prefix", worked, answer, "" if worked else instead)


async def _hyphenated(services: Services) -> Attempt:
    """The name that codeQ's change log gives a queue, asked for as codeQ asks."""
    keys, command = CodeqKeys(), COMMANDS[0]
    services.claim_script.loaded = True
    made = await services.new("/tasks", {"command": command, "payload": {"n": 1}})
    task_id = made.json()["id"]
    key = keys.pending("generate-master", 0)
    await services.server.call("RPOPLPUSH", keys.pending(command, 0), key)
    claim = await services.new("/tasks/claim", {"commands": [command]}, services.tokens.worker)
    queues = await services.new("/admin/queues", token=services.tokens.admin)
    services.claim_script.loaded = False
    await services.server.call("DEL", key, keys.tasks, keys.ttl, keys.inprog(command), keys.lease(task_id))
    seen = claim.status_code == 200
    counted = sum(queues.json().values()) if queues.status_code == 200 else 0
    answer = f"a claim answers {claim.status_code}, /admin/queues counts {counted}: 1 id waits in {key}"
    return Attempt(
        "generate-master as a queue's name",
        seen,
        answer,
        "generate_master: the command in lower case, nothing else changed, as migrate does (H14)",
    )


async def _try(server: Server, *command: str) -> Any:
    try:
        return await server.call(*command)
    except ServerError as error:
        return error


def _attempt(words: str, answer: Any, instead: str) -> Attempt:
    failed = isinstance(answer, ServerError)
    return Attempt(words, not failed, str(answer), instead if failed else "")
