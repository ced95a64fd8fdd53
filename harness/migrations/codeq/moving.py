"""How one step of a plan is carried out: by RENAMENX, or by reading and writing.

Every way can be cut off after any command and run again from its beginning: it then finds how far it came in
the keyspace itself. None ever writes over a key that it did not make.
"""

from collections.abc import Iterator
from typing import Any

from harness.migrations.codeq.legacy_state import parse
from harness.migrations.codeq.plan import COPY, Plan, Step
from harness.migrations.codeq.tiers import tier_of
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.pieces import parts, scan, written
from worker.codeq import CodeqKeys, Server, ServerError
from worker.codeq.servers.server import Command, checked

_PROBE = ":understudy-probe"
COUNT = {"hash": "HLEN", "zset": "ZCARD", "list": "LLEN", "set": "SCARD", "tiers": "LLEN"}


def commands_of(plan: Plan) -> list[Command]:
    """What carrying the plan out will ask of the server, on keys beside those that it fills."""
    found: dict[tuple[str, str], Command] = {}
    for step in plan.steps:
        for command in _commands(step, plan.mode):
            found.setdefault((str(command[0]), step.kind), command)
    return list(found.values())


def _commands(step: Step, mode: str) -> Iterator[Command]:
    source, target = f"{step.source}{_PROBE}", f"{step.targets[0]}{_PROBE}"
    renames = mode != COPY and step.kind not in ("set", "tiers")
    if renames:
        yield ("RENAMENX", source, target)
    if step.kind == "leases":
        if not renames:
            yield ("SET", target, "1", "PX", 1, "NX")
        return
    yield (COUNT[step.kind], target)
    if step.kind == "tiers":
        yield ("HMGET", CodeqKeys().tasks, "1")
    if not renames:
        yield from (("PTTL", source), ("PEXPIRE", target, 1))
        yield from written(target, "list" if step.kind == "tiers" else step.kind, ["1", "1"])
        yield ("LRANGE", target, 0, 0) if step.kind == "list" else ("DEL", source if mode != COPY else target)


async def carry_out(server: Server, step: Step, mode: str, chunk: int) -> int:
    """Does the step, or what is left of it; how many members this run moved. Raises MigrationError."""
    if step.kind == "leases":
        return await (_copy_leases if mode == COPY else _rename_leases)(server, step)
    written_anew = step.kind in ("set", "tiers")
    if written_anew:
        moved = await (_convert if step.kind == "set" else _spread)(server, step, chunk)
    elif mode == COPY:
        moved = await (_copy_list if step.kind == "list" else _copy_members)(server, step, chunk)
    else:
        moved = await _rename(server, step)
    await _check_count(server, step, mode)
    if written_anew or mode == COPY:
        await _keep_time(server, step)
    if written_anew and mode != COPY:
        await server.call("DEL", step.source)
    return moved


async def _rename(server: Server, step: Step) -> int:
    try:
        renamed = await server.call("RENAMENX", step.source, step.target)
    except ServerError as error:
        if "no such key" not in str(error):
            raise
        return 0  # renamed before a crash, or an empty queue
    if renamed:
        return step.count
    if await _count(server, step) == step.count:
        return 0  # renamed before a crash; what is at the source arrived since, and is left there
    raise MigrationError(
        f"{step.target} exists and {step.source} is there again, and neither is what was planned: someone "
        "wrote during the freeze. Nothing was overwritten: stop every writer, then rehearse codeq rollback"
    )


async def _copy_members(server: Server, step: Step, chunk: int) -> int:
    """A hash or zset: writing a member again changes nothing."""
    added = 0
    async for part in parts(server, step.source, step.kind, chunk):
        added += sum(checked(await server.pipeline(written(step.target, step.kind, part))))
    return added


async def _copy_list(server: Server, step: Step, chunk: int) -> int:
    """In order. What the target has must be how the source begins; the copy goes on behind it."""
    have = await server.call("LLEN", step.target)
    for at in range(0, have, chunk):
        last = min(at + chunk, have) - 1
        if await server.call("LRANGE", step.target, at, last) != await server.call(
            "LRANGE", step.source, at, last
        ):
            raise MigrationError(f"{step.target} is no beginning of {step.source}: someone else wrote to it")
    copied = 0
    while part := await server.call("LRANGE", step.source, have + copied, have + copied + chunk - 1):
        await server.call("RPUSH", step.target, *part)
        copied += len(part)
    return copied


async def _convert(server: Server, step: Step, chunk: int) -> int:
    """A list into a set. The list stays until the set is complete."""
    added = 0
    async for part in parts(server, step.source, "list", chunk):
        added += await server.call("SADD", step.target, *part)
    return added


async def _spread(server: Server, step: Step, chunk: int) -> int:
    """A list over ten, each id by its task's priority; what an earlier run has placed is passed over.

    An id without a readable task goes to tier 0, as all do by the guide. The list stays until all are placed.
    """
    have = checked(await server.pipeline([("LLEN", key) for key in step.targets]))
    added = 0
    async for part in parts(server, step.source, "list", chunk):
        tiers: dict[int, list[str]] = {}
        for task_id, tier in zip(part, await _priorities(server, part), strict=True):
            if have[tier]:
                have[tier] -= 1
            else:
                tiers.setdefault(tier, []).append(task_id)
        checked(await server.pipeline([("RPUSH", step.targets[tier], *ids) for tier, ids in tiers.items()]))
        added += sum(map(len, tiers.values()))
    return added


async def _priorities(server: Server, ids: list[str]) -> list[int]:
    texts = await server.call("HMGET", CodeqKeys().tasks, *ids)
    tasks = [parse(text) if text is not None else None for text in texts]
    return [tier_of(task) for task in tasks]


async def _count(server: Server, step: Step) -> int:
    return sum(checked(await server.pipeline([(COUNT[step.kind], key) for key in step.targets])))


async def _check_count(server: Server, step: Step, mode: str) -> None:
    count = await _count(server, step)
    if count == step.count:
        return
    kept = "its source is untouched" if mode == COPY else "nothing is lost"
    raise MigrationError(
        f"{step.target} has {count:,} members, planned were {step.count:,}: {step.source} changed since the "
        f"inventory, or something else writes to codeq:. Stop every writer, take it back with rehearse codeq "
        f"rollback ({kept}), and migrate again"
    )


async def _keep_time(server: Server, step: Step) -> None:
    """What is written anew ends when its source does, as what is renamed would."""
    left = await server.call("PTTL", step.source)
    if left > 0:
        checked(await server.pipeline([("PEXPIRE", key, left) for key in step.targets]))


async def _rename_leases(server: Server, step: Step) -> int:
    """RENAMENX keeps the time that is left. Leases that ran out meanwhile are gone, as they should be."""
    moved = 0
    async for page in scan(server, step.source):
        replies = await server.pipeline([("RENAMENX", key, _renamed(step, key)) for key in page])
        for key, reply in zip(page, replies, strict=True):
            moved += _renamed_lease(step, key, reply)
    return moved


def _renamed_lease(step: Step, key: str, reply: Any) -> int:
    if isinstance(reply, ServerError):
        if "no such key" in str(reply):
            return 0
        raise reply
    if not reply:
        raise MigrationError(f"{_renamed(step, key)} exists already; {key} was left as it is")
    return 1


async def _copy_leases(server: Server, step: Step) -> int:
    """GET and PTTL, then SET PX NX: never without an end, which codeQ takes for expired (H4, H21)."""
    moved = 0
    async for page in scan(server, step.source):
        asked: list[Command] = [command for key in page for command in (("GET", key), ("PTTL", key))]
        replies = checked(await server.pipeline(asked))
        commands: list[Command] = [
            ("SET", _renamed(step, key), replies[2 * n], "PX", replies[2 * n + 1], "NX")
            for n, key in enumerate(page)
            if replies[2 * n] is not None and replies[2 * n + 1] > 0
        ]
        moved += sum(reply is not None for reply in checked(await server.pipeline(commands)))
    return moved


def _renamed(step: Step, key: str) -> str:
    return step.target + key.removeprefix(step.source)
