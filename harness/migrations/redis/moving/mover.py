"""How steps are carried out: by RENAMENX, or by reading and writing.

Every way can be cut off after any command and run again from its beginning: it then finds how far it came in
the keyspace itself. None ever writes over a key that it did not make.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.pieces import COUNT, PAIRS, existing, flattened, rounds, written
from harness.migrations.redis.mapping.mapping import Mapped, Mapping, Page
from harness.migrations.redis.mapping.plan import COPY, Plan, Step
from harness.migrations.redis.moving.move import Move
from harness.migrations.redis.planfile.declaration import DROP, Rule
from worker.codeq import ServerError
from worker.codeq.servers.server import Command, checked

_PROBE = ":understudy-probe"
_LOOKS_ALIKE = {"stream": ["0-1", '["1", "1"]'], "zset": ["1", "1"], "hash": ["1", "1"]}
# How much later than planned an end may be: a server is asked over a network, and takes its time.
LATE_MS = 2_000


def commands_of(move: Move, plan: Plan) -> list[Command]:
    """What carrying the plan out will ask of the server that is written to, on keys beside those it fills."""
    found: dict[tuple[str, int], Command] = {}
    first = {(step.rule, step.renames, step.ends >= 0): step for step in reversed(plan.steps)}
    for step in first.values():
        for command in _commands(move.declaration.rules[step.rule], step, plan.mode):
            found.setdefault((str(command[0]), step.rule), command)
    return list(found.values())


def _commands(rule: Rule, step: Step, mode: str) -> Iterator[Command]:
    source, target = f"{step.source}{_PROBE}", f"{step.target}{_PROBE}"
    yield (COUNT[rule.becomes], target)
    if step.renames:
        yield ("RENAMENX", source, target)
        if rule.ttl == DROP:
            yield ("PERSIST", target)
        return
    yield from _written(target, rule.becomes, _LOOKS_ALIKE.get(rule.becomes, ["1"]), 1)
    if mode != COPY:
        yield ("DEL", source)


def _written(target: str, kind: str, flat: list[str], left: int | None) -> list[Command]:
    """The commands that add to a key, which has ``left`` milliseconds then, None for ever."""
    if kind == "string":
        return [("SET", target, flat[0], *(("PX", left) if left is not None else ()), "NX")]
    commands = written(target, kind, flat)
    return commands if left is None else [*commands, ("PEXPIRE", target, left)]


class Mover:
    """Carries out the steps of a plan by ``mode``."""

    def __init__(self, move: Move, mode: str) -> None:
        self._move = move
        self._mode = mode
        moved = move.declaration.records_first
        self._mapping = Mapping(move.declaration, move.target if moved else move.source, moved=moved)

    async def carry_out(self, batch: Sequence[Step]) -> Counter[str]:
        """Does steps of one rule, or what is left of them; how many members this run moved, by source."""
        rule = self._rule(batch[0])
        if batch[0].renames:
            moved = await self._rename(batch)
            if rule.ttl == DROP:
                checked(await self._move.target.pipeline([("PERSIST", step.target) for step in batch]))
            return moved
        moved = await self._write(batch, rule)
        if self._mode != COPY:
            await self._move.source.call("DEL", *(step.source for step in batch))
        return moved

    def _rule(self, step: Step) -> Rule:
        return self._move.declaration.rules[step.rule]

    async def _rename(self, batch: Sequence[Step]) -> Counter[str]:
        """What is not at the source was renamed before a crash, or is over.

        What is there again, while the target is as planned, came since: it is left there.
        """
        target, rule, moved = self._move.target, self._rule(batch[0]), Counter[str]()
        replies = await target.pipeline([("RENAMENX", step.source, step.target) for step in batch])
        answers = {step.source: reply for step, reply in zip(batch, replies, strict=True)}
        there = await existing(target, [key for key, renamed in answers.items() if renamed != 1])
        for step in batch:
            renamed = answers[step.source]
            if renamed == 1:
                moved[step.source] = step.content.members
            elif step.source not in there:
                continue
            elif isinstance(renamed, ServerError):
                raise renamed
            elif rule.was == "string" or await self._wrong([step], rule):
                raise MigrationError(
                    f"{step.target} exists, and {step.source} too: somebody wrote during the freeze. Nothing "
                    f"was overwritten: stop every writer, then go back with {self._move.back}"
                )
        await self._check_counts(batch, rule)
        return moved

    async def _write(self, batch: Sequence[Step], rule: Rule) -> Counter[str]:
        """Read, mapped and written a thousand members at a time, then counted.

        What an earlier run has written of a list or stream is compared and passed over; of any other it does
        not matter.
        What is not at the source any more was written and taken away before a crash, or is over.
        """
        steps = {step.source: step for step in batch}
        ordered = rule.becomes in ("list", "stream")
        there = await self._counts(batch, rule) if ordered else {}
        passed = dict(there)
        width = 2 if rule.becomes in PAIRS else 1
        moved = Counter[str]()
        keys = [(step.source, rule.was, step.content.members) for step in batch]
        async for found in rounds(self._move.source, keys, self._move.settings.chunk):
            mapped = await self._map([self._page(steps[key], flat) for key, flat in found])
            commands: list[Command] = []
            sources: list[str] = []
            for (key, _), one in zip(found, mapped, strict=True):
                for target, flat in one.targets.items():
                    skip = min(passed.get(target, 0), len(flat) // width)
                    if skip:
                        at = there[target] - passed[target]
                        await self._check_begun(steps[key], target, at, flat[: skip * width])
                        passed[target] -= skip
                    if new := flat[skip * width :]:
                        adding = _written(target, rule.becomes, new, self._left(steps[key]))
                        commands += adding
                        sources += [key] * len(adding)
                        moved[key] += len(new) // width
            # With their ends at once: a key that is to end is never there without one.
            ending = any(command[0] == "PEXPIRE" for command in commands)
            send = self._move.target.transaction if ending else self._move.target.pipeline
            replies = checked(await send(commands))
            moved.subtract(key for key, reply in zip(sources, replies, strict=True) if reply is None)
        await self._check_counts(batch, rule)
        return moved

    async def _check_begun(self, step: Step, target: str, at: int, flat: list[str]) -> None:
        """What an earlier run has written, from member ``at`` on, is what this one would write."""
        kind = self._rule(step).becomes
        if kind == "list":
            reply = await self._move.target.call("LRANGE", target, at, at + len(flat) - 1)
        else:
            reply = await self._move.target.call("XRANGE", target, flat[0], "+", "COUNT", len(flat) // 2)
        if flattened(kind, reply) != flat:
            raise MigrationError(
                f"{target} does not begin as {step.source} does: something else wrote there. Nothing was "
                f"overwritten: stop every writer, take it back with {self._move.back}, and migrate again"
            )

    def _page(self, step: Step, flat: list[str]) -> Page:
        key = step.source.removeprefix(self._move.declaration.source)
        rule = self._rule(step)
        names = rule.source.match(key)
        assert names is not None, "a step is made of a key that its rule matches"
        whole = rule.was == "hash" and len(flat) == 2 * step.content.members
        return Page(step.source, step.rule, names, flat, whole)

    async def _map(self, pages: list[Page]) -> list[Mapped]:
        found = await self._mapping.map(pages)
        unfilled = [why for one in found for why in one.unfilled]
        if unfilled:
            raise MigrationError(f"something was written since the inventory: {unfilled[0]}")
        return found

    def _left(self, step: Step) -> int | None:
        """Milliseconds until its end, None if the target has none. What is over ends at once."""
        if step.ends < 0 or self._rule(step).ttl == DROP:
            return None
        return max(step.ends - self._move.clock.now_ms(), 1)

    async def _counts(self, batch: Sequence[Step], rule: Rule) -> dict[str, int]:
        """How many members each of their targets has."""
        keys = [key for step in batch for key in step.targets]
        counts = checked(await self._move.target.pipeline([(COUNT[rule.becomes], key) for key in keys]))
        return dict(zip(keys, counts, strict=True))

    async def _check_counts(self, batch: Sequence[Step], rule: Rule) -> None:
        if rule.becomes == "string":
            return
        for step, key, count, planned in await self._wrong(batch, rule):
            raise MigrationError(
                f"{key} has {count:,} members, planned were {planned:,}: {step.source} changed since "
                "the inventory, or something else writes there. Stop every writer, take it back with "
                f"{self._move.back}, and migrate again"
            )

    async def _wrong(self, batch: Sequence[Step], rule: Rule) -> list[tuple[Step, str, int, int]]:
        """Targets without as many members as planned: whose step, how many they have, and should have."""
        counts, now = await self._counts(batch, rule), self._move.clock.now_ms()
        found = []
        for step in batch:
            if 0 <= step.ends <= now + LATE_MS:
                continue
            for key, planned in step.targets.items():
                if counts[key] != planned.members:
                    found.append((step, key, counts[key], planned.members))
        return found
