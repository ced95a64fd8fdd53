"""The dry run: every key of the source through the plan, and every reason against starting."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.migrations.redis.keyspace.fingerprint import Fingerprint
from harness.migrations.redis.keyspace.pieces import CHUNK, Piece, existing, pieces
from harness.migrations.redis.mapping.mapping import Mapped, Mapping, Page, Record
from harness.migrations.redis.mapping.plan import COPY, Plan, Step
from harness.migrations.redis.mapping.tally import Tally
from harness.migrations.redis.planfile.declaration import FIELDS, IDS, OURS, REQUIRED, Declaration
from harness.migrations.redis.planfile.invariant import CONSERVATION, Invariant
from harness.migrations.redis.planfile.pattern import Unfilled
from harness.model.verdict import agree
from harness.terminal.lines import some
from kvstore.clock import Clock
from worker.codeq import Server
from worker.codeq.servers.server import checked

HOW = "repair, or accept with --accept-defects"


@dataclass
class Found:
    """One way in which the source is not what the plan can move; ``names`` are all that it is true of."""

    what: str
    accepted: bool
    names: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        how = f"; {HOW}" if self.accepted else ""
        return f"{agree(self.what, len(self.names))}: {some(self.names)}{how}"

    def as_json(self) -> dict[str, Any]:
        return {
            "what": agree(self.what, len(self.names)),
            "count": len(self.names),
            "names": self.names,
            "acceptable": self.accepted,
        }


# What is looked for: its code, its words, and whether --accept-defects accepts it.
_KINDS = {
    "type": ("{n} key{s} of another type than {their} rule says: a rule of {their} own goes above it", False),
    "unfilled": ("{n} member{s} without a place in the new keyspace", False),
    "collision": ("{n} key{s} that two keys of the source would become", False),
    "exists": ("{n} key{s} of the target {are} there already, and nothing is written over", False),
    "itself": ("{n} key{s} would stay what {they} {are}: name {them} under leave", False),
    "forever": ("{n} key{s} without an end, where the plan says ttl: required", False),
    "uncopied": ("{n} stream{s} with groups, or without {their} last entry, cannot be copied whole", False),
    "large": ("{n} record{s} of more than a thousand fields, too many for the transform", False),
    "unmatched": ("{n} key{s} {are} matched by no rule, and would stay", True),
    "orphan": ("{n} id{s} without a record", True),
    "repeated": ("{n} list{s} with an id more than once", True),
    "merged": ("{n} list{s} with a member more than once, which a set has once", True),
}


@dataclass(frozen=True)
class Judged:
    """An invariant of the plan's, of how many ids it was asked, and which break it."""

    text: str
    looked: int
    broken: list[str]

    def as_json(self) -> dict[str, Any]:
        return {"invariant": self.text, "looked": self.looked, "broken": self.broken}


@dataclass(frozen=True)
class Inventory:
    """What is there and what would be done. ``before`` is for the proof that nothing changed since."""

    plan: Plan
    keys: int
    left: int
    found: dict[str, Found]
    invariants: list[Judged]
    before: Fingerprint

    def reasons(self, *, accept: bool) -> list[str]:
        """Why it may not start; ``accept`` what can be accepted."""
        broken = [
            f"{agree('{n} id{s} against', len(one.broken))} {one.text!r}: {some(one.broken)}; {HOW}"
            for one in self.invariants
            if one.broken
        ]
        told = [str(one) for one in self.found.values() if one.names and not (accept and one.accepted)]
        return told + ([] if accept else broken)

    def as_json(self) -> dict[str, Any]:
        return {
            "keys": self.keys,
            "left": self.left,
            "found": {code: one.as_json() for code, one in self.found.items() if one.names},
            "invariants": [one.as_json() for one in self.invariants],
        }


@dataclass
class _Key:
    """A key of the source while it is read."""

    rule: int
    names: dict[str, str]
    ends: int
    content: Tally
    distinct: Tally | None
    pages: int = 0
    unfilled: int = 0
    targets: dict[str, Tally] = field(default_factory=dict)

    def close(self) -> None:
        for tally in (self.content, *self.targets.values(), *([self.distinct] if self.distinct else [])):
            tally.close()


@dataclass(eq=False)
class InventoryReader:
    """Looks at ``source``, where everything is read, and ``target``, which may be the same. Only reads."""

    _plan: Declaration
    _source: Server
    _target: Server
    _clock: Clock

    def __post_init__(self) -> None:
        self._keys: dict[str, _Key] = {}
        self._ways: dict[str, str] = {}
        self._found = {code: Found(what, accepted) for code, (what, accepted) in _KINDS.items()}
        self._judged = {one.text: Judged(one.text, 0, []) for one in self._plan.invariants}
        self._orphans: set[str] = set()
        self._ids = 0

    async def run(self, mode: str, *also: Callable[[Piece], None]) -> Inventory:
        """``also`` are given each piece too. Raises MigrationError for a hook that fails, ServerError."""
        plan, before, left = self._plan, Fingerprint(), 0
        mapping = Mapping(plan, self._source, every_record=bool(plan.invariants) or plan.conserves)
        async for batch in _batches(self._source, plan.source, self._clock):
            pages = []
            for piece, ends in batch:
                for each in (before.add, *also):
                    each(piece)
                if piece.key.startswith(OURS):
                    continue
                matched = plan.rule_for(piece.key.removeprefix(plan.source))
                if matched is not None:
                    pages += self._page(piece, ends, *matched)
                elif plan.leaves(piece.key.removeprefix(plan.source)):
                    left += 1
                elif piece.key not in self._found["unmatched"].names[-1:]:
                    self._found["unmatched"].names.append(piece.key)
            for page, mapped in zip(pages, await mapping.map(pages), strict=True):
                self._add(page, mapped)
            for done in {page.key for page in pages} - {batch[-1][0].key}:
                self._keys[done].close()
        steps = [self._step(key, one, mode) for key, one in self._keys.items()]
        # By the order of the file, but what needs records goes while they can be read.
        last = not plan.records_first
        steps.sort(
            key=lambda one: (last and plan.carries_records(plan.rules[one.rule]), one.rule, one.source)
        )
        await self._look_at(steps)
        judged = list(self._judged.values())
        if plan.conserves:  # what breaks it is found by kinds: ids without a record, or repeated
            judged.append(Judged(CONSERVATION, self._ids, []))
        return Inventory(
            Plan(mode, plan.digest, tuple(steps)), len(self._keys), left, self._found, judged, before
        )

    def _page(self, piece: Piece, ends: int, number: int, names: dict[str, str]) -> list[Page]:
        rule = self._plan.rules[number]
        if piece.type != rule.was:
            where = f"{piece.key} is a {piece.type}, line {rule.line} says {rule.was}"
            if where not in self._found["type"].names[-1:]:
                self._found["type"].names.append(where)
            return []
        key = self._keys.get(piece.key)
        if key is None:
            listed = rule.was == "list" and rule.members == IDS and self._plan.conserves
            distinct = Tally("set") if listed else None
            key = self._keys[piece.key] = _Key(number, names, ends, Tally(rule.was), distinct)
            if ends < 0 and rule.ttl == REQUIRED:
                self._found["forever"].names.append(piece.key)
        elif rule.was == "string":
            return []  # SCAN may give a key twice
        flat = [piece.value] if piece.type == "string" else piece.value
        key.content.add(flat)
        if key.distinct is not None:
            key.distinct.add(flat)
        key.pages += 1
        return [Page(piece.key, number, names, flat)]

    def _add(self, page: Page, mapped: Mapped) -> None:
        plan, key, rule = self._plan, self._keys[page.key], self._plan.rules[page.rule]
        self._found["unfilled"].names += mapped.unfilled
        key.unfilled += len(mapped.unfilled)
        for target, flat in mapped.targets.items():
            other = self._ways.setdefault(target, page.key)
            if other != page.key:
                self._found["collision"].names.append(f"{target} (of {other} and {page.key})")
            if target == page.key and self._source is self._target:
                self._found["itself"].names.append(target)
            if plan.keeps(rule):
                key.targets[target] = key.content
            else:
                key.targets.setdefault(target, Tally(rule.becomes)).add(flat)
        hooked = plan.records is not None and plan.records.hook is not None and plan.records.parse == FIELDS
        if hooked and plan.carries_records(rule) and key.pages == 2:
            self._found["large"].names.append(page.key)
        self._judge(page, mapped)

    def _judge(self, page: Page, mapped: Mapped) -> None:
        plan, rule = self._plan, self._plan.rules[page.rule]
        for identity, record in zip(mapped.ids, mapped.records, strict=False):
            if plan.conserves:
                self._ids += 1
                if record is None and identity not in self._orphans:
                    self._orphans.add(identity)
                    self._found["orphan"].names.append(f"{identity} (in {page.key})")
            for one in plan.invariants:
                if one.names <= page.names.keys() and (record is not None or not one.of_record):
                    self._ask(one, page, identity, record, alone=plan.carries_records(rule))

    def _ask(self, one: Invariant, page: Page, identity: str, record: Record | None, *, alone: bool) -> None:
        """Of a record alone it is asked where the record is, and not in each queue again."""
        if not one.names and not alone:
            return
        judged = self._judged[one.text]
        try:
            held = one.holds(page.names, record)
        except Unfilled:
            held = False
        if not held:
            judged.broken.append(f"{identity} (in {page.key})")
        self._judged[one.text] = Judged(judged.text, judged.looked + 1, judged.broken)

    def _step(self, source: str, key: _Key, mode: str) -> Step:
        plan, rule = self._plan, self._plan.rules[key.rule]
        as_it_is = rule.was == rule.becomes and len(key.targets) == 1 and not plan.transforms(rule)
        targets = {target: tally.content for target, tally in key.targets.items()}
        return Step(key.rule, source, key.content.content, targets, key.ends, mode != COPY and as_it_is)

    async def _look_at(self, steps: Sequence[Step]) -> None:
        """What can be said of each key as a whole, and what is at the target already."""
        for step in steps:
            key, rule = self._keys[step.source], self._plan.rules[step.rule]
            placed = sum(one.members for one in step.targets.values()) + key.unfilled
            if rule.was == "list" and rule.becomes != "list" and placed < step.content.members:
                self._found["merged"].names.append(step.source)
            elif key.distinct is not None and key.distinct.twice:
                self._found["repeated"].names.append(step.source)
        targets = [target for step in steps for target in step.targets]
        itself = set(self._found["itself"].names)
        new = await existing(self._target, targets) - itself
        self._found["exists"].names += [key for key in targets if key in new]
        streams = [step for step in steps if self._plan.rules[step.rule].was == "stream" and not step.renames]
        self._found["uncopied"].names += await _not_plain(self._source, [step.source for step in streams])


async def _not_plain(server: Server, keys: Sequence[str]) -> list[str]:
    """The streams that are more than their entries: with groups, or without the last entry."""
    odd = []
    for at in range(0, len(keys), CHUNK):
        page = keys[at : at + CHUNK]
        told = checked(await server.pipeline([("XINFO", "STREAM", key) for key in page]))
        lasts = checked(await server.pipeline([("XREVRANGE", key, "+", "-", "COUNT", 1) for key in page]))
        for key, flat, last in zip(page, told, lasts, strict=True):
            said = dict(zip(flat[::2], flat[1::2], strict=True))
            if said["groups"] or not last or last[0][0] != said["last-generated-id"]:
                odd.append(key)
    return odd


async def _batches(server: Server, prefix: str, clock: Clock) -> AsyncIterator[list[tuple[Piece, int]]]:
    """Pieces by the thousand members, so that what is asked for them goes in few trips.

    Each with when its key ends, in epoch milliseconds, -1 for never.
    """
    batch: list[tuple[Piece, int]] = []
    members = 0
    async for piece in pieces(server, prefix):
        batch.append((piece, clock.now_ms() + piece.pttl if piece.pttl >= 0 else -1))
        members += len(piece.value) if isinstance(piece.value, list) else 1
        if members >= CHUNK:
            yield batch
            batch, members = [], 0
    if batch:
        yield batch
