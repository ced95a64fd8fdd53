"""How steps are carried out: by RENAMENX, or by reading and writing.

Every way can be cut off after any command and run again from its beginning: it then finds how far it came in
the keyspace itself. None ever writes over a key that it did not make.
"""

from collections.abc import Iterator, Sequence

from harness.migrations.redis.declaration import DROP, Declaration
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.pieces import CHUNK, PAIRS, parts, written
from harness.migrations.redis.mapping import Mapped, Mapping, Page
from harness.migrations.redis.plan import COPY, Plan, Step
from kvstore.clock import Clock
from worker.codeq import Server
from worker.codeq.servers.server import Command, checked

COUNT = {
    "hash": "HLEN",
    "zset": "ZCARD",
    "list": "LLEN",
    "set": "SCARD",
    "stream": "XLEN",
    "string": "EXISTS",
}
_PROBE = "understudy:probe"
_LOOKS_ALIKE = {"stream": ["0-1", '["1", "1"]'], "zset": ["1", "1"], "hash": ["1", "1"]}


def commands_of(declaration: Declaration, plan: Plan) -> list[Command]:
    """What carrying the plan out will ask of the server that is written to, on keys of their own."""
    found: dict[str, Command] = {}
    for step in plan.steps:
        rule = declaration.rules[step.rule]
        for command in _commands(rule.becomes, step, plan.mode, drops=rule.ttl == DROP):
            found.setdefault(str(command[0]), command)
    return list(found.values())


def _commands(kind: str, step: Step, mode: str, *, drops: bool) -> Iterator[Command]:
    yield (COUNT[kind], f"{_PROBE}:{kind}")
    if step.renames:
        yield ("RENAMENX", _PROBE, f"{_PROBE}:{kind}")
        if drops:
            yield ("PERSIST", _PROBE)
        return
    if kind == "string":
        yield ("SET", _PROBE, "1", "PX", 1, "NX")
    else:
        yield from written(f"{_PROBE}:{kind}", kind, _LOOKS_ALIKE.get(kind, ["1"]))
        if step.ends >= 0 and not drops:
            yield ("PEXPIRE", _PROBE, 1)
    if mode != COPY:
        yield ("DEL", _PROBE)


class Mover:
    """Moves what a plan's steps name from ``source`` to ``target``, which may be the same server."""

    def __init__(
        self,
        declaration: Declaration,
        mode: str,
        source: Server,
        target: Server,
        clock: Clock,
        chunk: int = CHUNK,
    ) -> None:
        self._declaration = declaration
        self._mode = mode
        self._source = source
        self._target = target
        self._clock = clock
        self._chunk = chunk
        self._mapping = Mapping(declaration, source)

    async def carry_out(self, batch: Sequence[Step]) -> int:
        """Does steps of one rule, or what is left of them; how many members this run moved."""
        rule = self._declaration.rules[batch[0].rule]
        if batch[0].renames:
            moved = await self._rename(batch)
            if rule.ttl == DROP:
                checked(await self._target.pipeline([("PERSIST", step.target) for step in batch]))
            return moved
        moved = await self._strings(batch) if rule.was == "string" else 0
        for step in batch if rule.was != "string" else ():
            moved += await self._write(step)
        if self._mode != COPY:
            checked(await self._source.pipeline([("DEL", step.source) for step in batch]))
        return moved

    async def _rename(self, batch: Sequence[Step]) -> int:
        asked: list[Command] = [("EXISTS", key) for step in batch for key in (step.source, step.target)]
        there = checked(await self._target.pipeline(asked))
        left = []
        for step, source, target in zip(batch, there[::2], there[1::2], strict=True):
            if source and target:
                raise MigrationError(
                    f"{step.target} exists, and {step.source} too: somebody wrote during the freeze. Nothing "
                    "was overwritten: stop every writer, then go back with --rollback"
                )
            if source:
                left.append(step)
        checked(await self._target.pipeline([("RENAMENX", step.source, step.target) for step in left]))
        return sum(step.content.members for step in left)

    async def _strings(self, batch: Sequence[Step]) -> int:
        values = checked(await self._source.pipeline([("GET", step.source) for step in batch]))
        alive = [(step, value) for step, value in zip(batch, values, strict=True) if value is not None]
        mapped = await self._map([self._page(step, [value]) for step, value in alive])
        commands: list[Command] = []
        for (step, _), one in zip(alive, mapped, strict=True):
            for target, flat in one.targets.items():
                commands.append(("SET", target, flat[0], *self._alive(step), "NX"))
        return sum(reply is not None for reply in checked(await self._target.pipeline(commands)))

    def _page(self, step: Step, flat: list[str]) -> Page:
        key = step.source.removeprefix(self._declaration.source)
        names = self._declaration.rules[step.rule].source.match(key)
        assert names is not None, "a step is made of a key that its rule matches"
        return Page(step.source, step.rule, names, flat)

    async def _map(self, pages: list[Page]) -> list[Mapped]:
        found = await self._mapping.map(pages)
        unfilled = [why for one in found for why in one.unfilled]
        if unfilled:
            raise MigrationError(f"something was written since the inventory: {unfilled[0]}")
        return found

    def _keeps(self, step: Step) -> bool:
        return step.ends >= 0 and self._declaration.rules[step.rule].ttl != DROP

    def _alive(self, step: Step) -> tuple[str | int, ...]:
        return ("PX", self._left(step)) if self._keeps(step) else ()

    def _left(self, step: Step) -> int:
        """Milliseconds until its end. What is over ends at once."""
        return max(step.ends - self._clock.now_ms(), 1)

    async def _write(self, step: Step) -> int:
        """A structure, page by page; what an earlier run has written of a list or stream is passed over."""
        rule = self._declaration.rules[step.rule]
        if not await self._source.call("EXISTS", step.source):
            await self._check_counts(step)
            return 0  # written and taken away before a crash, or over
        passed = await self._there(step) if rule.becomes in ("list", "stream") else {}
        moved = 0
        async for part in parts(self._source, step.source, rule.was, self._chunk):
            [mapped] = await self._map([self._page(step, part)])
            for target, flat in mapped.targets.items():
                width = 2 if rule.becomes in PAIRS else 1
                skip = min(passed.get(target, 0), len(flat) // width)
                passed[target] = passed.get(target, 0) - skip
                if new := flat[skip * width :]:
                    await self._add(step, target, rule.becomes, new)
                    moved += len(new) // width
        await self._check_counts(step)
        return moved

    async def _there(self, step: Step) -> dict[str, int]:
        name = COUNT[self._declaration.rules[step.rule].becomes]
        counts = checked(await self._target.pipeline([(name, key) for key in step.targets]))
        return dict(zip(step.targets, counts, strict=True))

    async def _add(self, step: Step, target: str, kind: str, flat: list[str]) -> None:
        """With its end at once: a key that is to end is never there without one."""
        commands = written(target, kind, flat)
        if self._keeps(step):
            checked(await self._target.transaction([*commands, ("PEXPIRE", target, self._left(step))]))
        else:
            checked(await self._target.pipeline(commands))

    async def _check_counts(self, step: Step) -> None:
        if step.ends >= 0 and self._clock.now_ms() >= step.ends:
            return
        for target, count in (await self._there(step)).items():
            planned = step.targets[target].members
            if count != planned:
                raise MigrationError(
                    f"{target} has {count:,} members, planned were {planned:,}: {step.source} changed since "
                    "the inventory, or something else writes there. Stop every writer, take it back with "
                    "--rollback, and migrate again"
                )
