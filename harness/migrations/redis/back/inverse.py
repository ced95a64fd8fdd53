"""The mapping backwards, for a target that is the migration's alone: what was done there since goes along.

Where each key of the target goes back to follows from the rules, whatever made it. What no rule has a place
for is dropped, and is in the export. Each move is atomic, so it can stop anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from harness.migrations.redis.back.from_backup import done_steps, gone
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.journal import Entries
from harness.migrations.redis.keyspace.pieces import (
    CHUNK,
    COUNT,
    delete_under,
    existing,
    keys_under,
    parts,
)
from harness.migrations.redis.mapping.plan import COPY, Plan, Step
from harness.migrations.redis.moving.move import Move
from harness.migrations.redis.planfile.declaration import DROP, OURS, Declaration, Rule
from harness.migrations.redis.planfile.pattern import Pattern
from harness.model.verdict import agree
from harness.terminal.lines import some
from worker.codeq import ServerError
from worker.codeq.servers.server import Command, checked


@dataclass(frozen=True)
class Return:
    """A key of the target, and the one that it was made from, or would have been; ``rule`` says how."""

    rule: Rule
    key: str
    source: str


class Inverse:
    """The way back of ``move`` by its rules, backwards.

    Keys that are renamed are renamed back; lists that one was spread over follow each other by their names,
    each in its order; a set becomes a list, as `in_order` says; of a zset that a list became, what is due
    first is at the right end. ``late`` says what to do about keys of the source that were written since.

    Raises ValueError for any other rule, whose way back needs the backup, and where the target cannot be the
    migration's alone.
    """

    name = "with the changes, by the mapping"
    late = "compare them, and take what is at the source away by hand"

    def __init__(self, move: Move) -> None:
        for rule in move.declaration.rules:
            spread = rule.target.of_record and rule.was != "list"
            converted = rule.was != rule.becomes and rule.was != "list"
            nameless = not rule.target.names.issuperset(rule.source.names)
            if spread or converted or nameless or move.declaration.transforms(rule):
                raise ValueError(f"line {rule.line}: {rule}, {rule.type}, cannot be read backwards")
        source, target = move.declaration.source, move.declaration.target
        journals = OURS.startswith(target) or target.startswith(OURS)
        if journals or source.startswith(target) or move.elsewhere:
            raise ValueError(
                f"what is under {target or 'no prefix'!r} is not the migration's alone: that takes a target "
                "prefix of its own, within the source's server"
            )
        self._move = move
        self._server = move.target

    async def in_order(self, members: list[str]) -> list[str]:
        """The members of a set as they stand in a list, from left to right. Records are back already."""
        return sorted(members)

    @cached_property
    def _patterns(self) -> list[Pattern]:
        return [Pattern.of(rule.target, rule.source.wide) for rule in self._plan.rules]

    @property
    def _plan(self) -> Declaration:
        return self._move.declaration

    def commands(self, mode: str) -> list[Command]:
        """What it will ask of the server."""
        new, old = (f"{one}understudy-probe" for one in (self._plan.target, self._plan.source))
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
            ("PEXPIRE", old, 1),
            ("DEL", new, old),
        ]

    async def sentences(self, entries: Entries[Plan]) -> list[str]:
        """What it does, for people. Only reads."""
        source, target = self._plan.source, self._plan.target
        if entries.plan.mode == COPY:
            keys = len(await keys_under(self._server, target))
            dropped = agree("{n} key{s} {are} dropped", keys)
            return [f"under {target} {dropped}, {source} stays as it is"]
        lines = []
        for rule, found in groupby(await self._returns(entries), key=lambda one: one.rule):
            returns = list(found)
            if rule.was == "string":
                name = f"{target}{rule.target.text} → {source}{rule.source.text}"
                lines.append(f"{name} ({agree('{n} key{s}', len(returns))})")
                continue
            becomes = "" if rule.was == rule.becomes else f", {rule.becomes} becomes {rule.was}"
            sizes = checked(await self._server.pipeline([(COUNT[rule.becomes], one.key) for one in returns]))
            sized = zip(returns, sizes, strict=True)
            for old, group in groupby(sized, key=lambda one: one[0].source):
                mine = list(group)
                count = sum(size for _, size in mine)
                members = agree("{n} member{s}", count)
                lines.append(f"{some([one.key for one, _ in mine])} → {old} ({members}{becomes})")
        return [*lines, f"everything else under {target} is dropped"]

    async def reasons(self, entries: Entries[Plan]) -> list[str]:
        """After a copy the source must be there; after a rename nothing may have come in its place.

        Members of lists that came since are no reason: they stay where they are.
        """
        if entries.others:
            there = agree("{n} key{s} {were}", entries.others)
            return [
                f"{there} under {self._plan.target} before the migration, so not everything there is its "
                "own: without --keep-changes the way back is from the backup"
            ]
        done = [step for step in done_steps(entries) if self._rule(step).was != "string"]
        if entries.plan.mode == COPY:
            return await gone(self._move, done)
        whole = [step.source for step in done if self._rule(step).was != "list"]
        late = sorted(await existing(self._move.source, whole))
        if not late:
            return []
        return [
            f"{late[0]} was written since the migration, and two of one name cannot both come back: "
            + self.late.format(key=late[0])
        ]

    async def settle(self, entries: Entries[Plan]) -> None:
        """Notes conversions whose source is gone as done: from then on a list may be a half-filled one.

        A list that is there and does not have all that was made of it was written since.
        """
        for number, batch in enumerate(entries.plan.batches()):
            if number in entries.done or batch[0].renames or entries.plan.mode == COPY:
                continue
            if not all([await self._is_whole(step) for step in batch]):
                await self._move.journal.step_done(number, sum(step.content.members for step in batch))

    async def go(self, entries: Entries[Plan]) -> int:
        """Does it, or what is left of it; how many members were moved one by one."""
        moved = 0
        if entries.plan.mode != COPY:
            await self._drop_halves(entries)
            for rule, found in groupby(await self._returns(entries), key=lambda one: one.rule):
                returns = list(found)
                if rule.was == rule.becomes != "list":
                    await self._rename(rule, returns)
                    continue
                for one in returns:
                    moved += await self._list_back(one)
        await delete_under(self._server, self._plan.target)
        return moved

    def _rule(self, step: Step) -> Rule:
        return self._plan.rules[step.rule]

    async def _is_whole(self, step: Step) -> bool:
        """Whether the source of a conversion still has every member of what was made of it, or both ended."""
        if 0 <= step.ends <= self._move.clock.now_ms() and self._rule(step).ttl != DROP:
            return True
        left = {one async for page in parts(self._server, step.source, "list") for one in page}
        if not left:
            return False
        for target in step.targets:
            async for page in parts(self._server, target, self._rule(step).becomes):
                if not left.issuperset(page):
                    return False
        return True

    async def _drop_halves(self, entries: Entries[Plan]) -> None:
        """What was not converted to its end: the source is still there, and complete."""
        for number, batch in enumerate(entries.plan.batches()):
            targets = [target for step in batch for target in step.targets]
            if number not in entries.done and not batch[0].renames and targets:
                await self._server.call("DEL", *targets)

    async def _returns(self, entries: Entries[Plan]) -> list[Return]:
        """Every key of the target that the migration made, or that a rule would make, by rule and source.

        Raises MigrationError where one is of another type than its rule says, or two would become one.
        """
        spelled = self._spelled(entries)
        made = {target: step for step in entries.plan.steps for target in step.targets}
        found = []
        for key in await keys_under(self._server, self._plan.target):
            if key in made:
                step = made[key]
                found.append((step.rule, Return(self._rule(step), key, step.source)))
                continue
            for number, pattern in enumerate(self._patterns):
                names = pattern.match(key.removeprefix(self._plan.target))
                if names is not None:
                    rule = self._plan.rules[number]
                    old = rule.source.fill(
                        {one: spelled.get((one, text), text) for one, text in names.items()}
                    )
                    found.append((number, Return(rule, key, self._plan.source + old)))
                    break
        returns = [one for _, one in sorted(found, key=lambda one: (one[0], one[1].source, one[1].key))]
        await self._refuse_unfit(returns)
        return returns

    async def _refuse_unfit(self, returns: Sequence[Return]) -> None:
        for at in range(0, len(returns), CHUNK):
            page = returns[at : at + CHUNK]
            types = checked(await self._server.pipeline([("TYPE", one.key) for one in page]))
            for one, kind in zip(page, types, strict=True):
                if kind not in (one.rule.becomes, "none"):
                    raise MigrationError(
                        f"{one.key} is a {kind}, and line {one.rule.line} says {one.rule.becomes}: keep a "
                        "copy, and take it away by hand"
                    )
        whole: dict[str, str] = {}
        for one in returns:
            if one.rule.was != "list" and whole.setdefault(one.source, one.key) != one.key:
                raise MigrationError(
                    f"{whole[one.source]} and {one.key} would both become {one.source}: compare them, and "
                    "take one away by hand"
                )

    def _spelled(self, entries: Entries[Plan]) -> dict[tuple[str, str], str]:
        """How names were written at the source that are written otherwise at the target."""
        spelled: dict[tuple[str, str], str] = {}
        for step in entries.plan.steps:
            names = self._rule(step).source.match(step.source.removeprefix(self._plan.source)) or {}
            for target in step.targets:
                new = self._patterns[step.rule].match(target.removeprefix(self._plan.target)) or {}
                spelled |= {(one, text): names[one] for one, text in new.items() if names.get(one) != text}
        return spelled

    async def _rename(self, rule: Rule, returns: Sequence[Return]) -> None:
        """Never over a key of the source: a string there is a newer one, of anything else there are two."""
        for at in range(0, len(returns), CHUNK):
            page = returns[at : at + CHUNK]
            newer = await existing(self._server, [one.source for one in page])
            if rule.was != "string" and newer:
                both = next(one for one in page if one.source in newer)
                raise MigrationError(
                    f"{both.key} and {both.source} both exist: something wrote to the old keyspace since"
                )
            commands: list[Command] = [
                ("DEL", one.key) if one.source in newer else ("RENAMENX", one.key, one.source) for one in page
            ]
            for one, reply in zip(page, await self._server.pipeline(commands), strict=True):
                if isinstance(reply, ServerError) and "no such key" not in str(reply):  # it was over
                    raise reply
                if reply == 0 and one.source not in newer:
                    raise MigrationError(
                        f"{one.key} and {one.source} both exist: something writes to the old keyspace"
                    )

    async def _list_back(self, one: Return) -> int:
        if one.rule.becomes == "list":
            return await self._append(one.key, one.source)
        return await (self._set_back if one.rule.becomes == "set" else self._zset_back)(one.key, one.source)

    async def _append(self, key: str, source: str) -> int:
        """Moves a list to the right end of another, keeping its order."""
        count: int = await self._server.call("LLEN", key)
        if count and not await self._server.call("EXISTS", source):
            await self._server.call("RENAMENX", key, source)
            return count
        for at in range(0, count, CHUNK):
            size = min(CHUNK, count - at)
            checked(await self._server.pipeline([("LMOVE", key, source, "LEFT", "RIGHT")] * size))
        return count

    async def _zset_back(self, key: str, source: str) -> int:
        """The one that is due first is taken first, after everything that is in the list."""
        moved = 0
        while ids := await self._server.call("ZRANGE", key, 0, CHUNK - 1):
            moves: list[Command] = [("ZREM", key, *ids), ("LPUSH", source, *ids)]
            checked(await self._server.transaction([*moves, *await self._ending(key, source)]))
            moved += len(ids)
        return moved

    async def _set_back(self, key: str, source: str) -> int:
        members = await self.in_order(await self._server.call("SMEMBERS", key))
        for at in range(0, len(members), CHUNK):
            page = members[at : at + CHUNK]
            moves: list[Command] = [("SREM", key, *page), ("RPUSH", source, *page)]
            checked(await self._server.transaction([*moves, *await self._ending(key, source)]))
        return len(members)

    async def _ending(self, key: str, source: str) -> list[Command]:
        """The end of ``key`` for what is made of it, unless something that stays is there already."""
        left, other = checked(await self._server.pipeline([("PTTL", key), ("PTTL", source)]))
        return [("PEXPIRE", source, max(left, 1))] if left >= 0 and other != -1 else []
