"""The mapping backwards, for a keyspace that was renamed: each move is atomic, so it can stop anywhere."""

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.journal import Entries, Journal
from harness.migrations.codeq.legacy_state import parse
from harness.migrations.codeq.plan import COPY, Part
from harness.migrations.codeq.tiers import TIERS
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.pieces import CHUNK, keys_under, parts, scan
from worker.codeq import CodeqKeys, Server, ServerError
from worker.codeq.keys import CODEQ
from worker.codeq.servers.server import Command, checked

_PREFIX = "codeq:q:"
_CONVERSIONS = ("set", "tiers")  # kinds of parts that write anew, and take the source away at their end


def commands_of(mode: str) -> list[Command]:
    """What a rollback from there will ask of the server."""
    new, old = f"{CODEQ}understudy-probe", f"{legacy.PREFIX}understudy-probe"
    if mode == COPY:
        return [("DEL", new)]
    return [
        ("RENAMENX", new, old),
        ("LMOVE", new, old, "LEFT", "RIGHT"),
        ("ZRANGE", new, 0, 0),
        ("ZREM", new, "1"),
        ("LPUSH", old, "1"),
        ("SMEMBERS", new),
        ("SREM", new, "1"),
        ("RPUSH", old, "1"),
        ("DEL", new, old),
    ]


async def plan_of(server: Server, entries: Entries) -> list[str]:
    """What `move_back` would do, for people. Only reads."""
    keys = CodeqKeys()
    records, scores = await server.call("HLEN", keys.tasks), await server.call("ZCARD", keys.ttl)
    leases = len(await keys_under(server, keys.lease("")))
    lines = [
        f"{keys.tasks} → {legacy.TASKS} ({records:,} records)",
        f"{keys.ttl} → {legacy.TTL} ({scores:,} scores)",
        f"{keys.lease('')} → {legacy.LEASE} ({leases:,} leases)",
    ]
    for command, old in (await _queues(server, entries)).items():
        lists = [("LLEN", keys.pending(command, tier)) for tier in TIERS]
        counts = [*lists, ("ZCARD", keys.delayed(command)), ("SCARD", keys.inprog(command))]
        *waiting, held = checked(await server.pipeline(counts))
        lines.append(
            f"{keys.queue(command, '')}pending:0…9 and delayed → {old}:pending ({sum(waiting):,} ids)"
        )
        lines.append(f"{keys.inprog(command)} → {old}:inprog ({held:,} ids, set becomes list)")
    return lines


async def settle(server: Server, journal: Journal, entries: Entries) -> None:
    """Notes conversions whose list is gone as done: from then on a list may be a half-filled one.

    A list that is there and does not have all that was made of it was written by the old service since.
    """
    for number, part in enumerate(entries.plan.parts):
        if part.kind in _CONVERSIONS and number not in entries.done and not await _is_whole(server, part):
            await journal.step_done(number, part.count)


async def _is_whole(server: Server, made: Part) -> bool:
    """Whether the source of a conversion still has every member of what was made of it."""
    left = set(await server.call("LRANGE", made.source, 0, -1))
    if not left:
        return False
    for target in made.targets:
        kind = "set" if made.kind == "set" else "list"
        async for page in parts(server, target, kind):
            if not left.issuperset(page):
                return False
    return True


async def move_back(server: Server, entries: Entries) -> int:
    """Everything that the old layout has a place for; how many members were moved one by one."""
    keys = CodeqKeys()
    for source, target in ((keys.tasks, legacy.TASKS), (keys.ttl, legacy.TTL)):
        await _rename(server, source, target)
    async for leases in scan(server, keys.lease("")):
        for lease in leases:
            old = legacy.LEASE + lease.removeprefix(keys.lease(""))
            if await server.call("EXISTS", old):
                await server.call("DEL", lease)  # the old service has leased it anew
            else:
                await _rename(server, lease, old)
    # What was not converted to its end: the list is still there, and complete.
    halves = [part for n, part in enumerate(entries.plan.parts) if n not in entries.done]
    for part in halves:
        if part.kind in _CONVERSIONS:
            await server.call("DEL", *part.targets)
    moved = 0
    for command, old in (await _queues(server, entries)).items():
        moved += await _queue_back(server, command, old)
    return moved


async def _queue_back(server: Server, command: str, old: str) -> int:
    keys, moved = CodeqKeys(), 0
    # A right pop takes tier 9 first and the oldest of a tier first: tiers follow each other from the left.
    for tier in TIERS:
        moved += await _append(server, keys.pending(command, tier), f"{old}:{legacy.PENDING}")
    moved += await _delayed_back(server, keys.delayed(command), f"{old}:{legacy.PENDING}")
    return moved + await _inprog_back(server, keys.inprog(command), f"{old}:{legacy.INPROG}")


async def _rename(server: Server, source: str, target: str) -> bool:
    """Whether ``source`` is now ``target``; False without a source. Never over a target."""
    try:
        renamed = await server.call("RENAMENX", source, target)
    except ServerError as error:
        if "no such key" not in str(error):
            raise
        return False
    if not renamed:
        raise MigrationError(f"{source} and {target} both exist: something wrote to the old keyspace since")
    return True


async def _append(server: Server, source: str, target: str) -> int:
    """Moves a list to the right end of another, keeping its order."""
    count = await server.call("LLEN", source)
    if count and not await server.call("EXISTS", target):
        await _rename(server, source, target)
        return int(count)
    for at in range(0, count, CHUNK):
        size = min(CHUNK, count - at)
        checked(await server.pipeline([("LMOVE", source, target, "LEFT", "RIGHT")] * size))
    return int(count)


async def _delayed_back(server: Server, source: str, target: str) -> int:
    """The one that is due first is taken first, after everything that is pending."""
    moved = 0
    while ids := await server.call("ZRANGE", source, 0, CHUNK - 1):
        checked(await server.transaction([("ZREM", source, *ids), ("LPUSH", target, *ids)]))
        moved += len(ids)
    return moved


async def _inprog_back(server: Server, source: str, target: str) -> int:
    """The set has no order; the list had the newest lease at its left end."""
    ids = await server.call("SMEMBERS", source)
    if not ids:
        return 0
    records: list[str | None] = []
    for at in range(0, len(ids), CHUNK):
        records += await server.call("HMGET", legacy.TASKS, *ids[at : at + CHUNK])
    tasks = {one: parse(text) if text else None for one, text in zip(ids, records, strict=True)}
    newest = sorted(ids, key=lambda one: (getattr(tasks[one], "lease_until", ""), one), reverse=True)
    for at in range(0, len(newest), CHUNK):
        page = newest[at : at + CHUNK]
        checked(await server.transaction([("SREM", source, *page), ("RPUSH", target, *page)]))
    return len(newest)


async def _queues(server: Server, entries: Entries) -> dict[str, str]:
    """Commands with any queue in codeQ, each with what its old lists begin with, spelled as they were."""
    names = {_command(step.target): legacy.queue_of(step.source)[0] for step in entries.plan.steps}
    commands = sorted({_command(key) for key in await keys_under(server, _PREFIX)})
    return {command: f"{legacy.QUEUE}{names.get(command) or command}" for command in commands}


def _command(key: str) -> str:
    """The command in the key of one of codeQ's queues."""
    command, _, last = key.removeprefix(_PREFIX).rpartition(":")
    return command.rpartition(":")[0] if last.isdecimal() else command
