"""What becomes of pages of keys, by the plan: used by the dry run, by the mover and by the way back alike."""

import json
from collections.abc import Mapping as Members
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.mapping.tally import flattened, units
from harness.migrations.redis.planfile.declaration import FIELDS, IDS, JSON, Declaration, Rule
from harness.migrations.redis.planfile.pattern import Template, Unfilled
from kvstore.javascript.json_document import read_json
from worker.codeq import Server
from worker.codeq.servers.server import Command, checked

Record = Members[str, Any]


@dataclass(frozen=True)
class Page:
    """Some members of a key of the source, flat as in `Piece`; ``names`` are those of its pattern.

    ``whole``: they are all fields of a hash.
    """

    key: str
    rule: int
    names: dict[str, str]
    flat: list[str]
    whole: bool = False


@dataclass(frozen=True)
class Mapped:
    """What becomes of a page: by target, flat; ``ids`` are what the plan takes for ids in it.

    ``records`` has each id's record, None without one; empty where no record was asked for. ``unfilled`` has
    a sentence for each member that has no place.
    """

    targets: dict[str, list[str]]
    ids: list[str]
    records: list[Record | None]
    unfilled: list[str]


class Mapping:
    """Maps pages by ``plan``; records are those on ``server``, under the source, or ``moved`` to the target.

    ``every_record``: each id's is looked up, and not only where a rule needs it.
    """

    def __init__(
        self, plan: Declaration, server: Server, *, every_record: bool = False, moved: bool = False
    ) -> None:
        self._plan = plan
        self._server = server
        self._every_record = every_record
        self._moved = moved

    async def map(self, pages: Sequence[Page]) -> list[Mapped]:
        """What becomes of each. Raises MigrationError for a hook that fails, ServerError."""
        ids = [self._ids(page) for page in pages]
        own = [self._own(page) for page in pages]
        asked = [
            [(page.names, one) for one in mine] if record is None and self._looks(page) else []
            for page, mine, record in zip(pages, ids, own, strict=True)
        ]
        found = iter(await self._records([one for mine in asked for one in mine]))
        return [
            self._map(page, mine, [record] if record is not None else [next(found) for _ in wanted])
            for page, mine, wanted, record in zip(pages, ids, asked, own, strict=True)
        ]

    def _own(self, page: Page) -> Record | None:
        """The record that a page is, whole: it need not be asked for."""
        records = self._plan.records
        fields = records is not None and records.parse == FIELDS and page.whole
        if not fields or not self._plan.carries_records(self._plan.rules[page.rule]):
            return None
        return dict(zip(page.flat[::2], page.flat[1::2], strict=True))

    def _looks(self, page: Page) -> bool:
        return self._every_record or self._plan.rules[page.rule].of_record

    def _ids(self, page: Page) -> list[str]:
        """The ids that a page names: its key's, or its members."""
        plan, rule = self._plan, self._plan.rules[page.rule]
        if plan.records is None:
            return []
        if plan.records.id in page.names:
            return [page.names[plan.records.id]]
        if rule.was in ("string", "stream") or rule.members != IDS:
            return []
        if rule.was == "hash" and not plan.carries_records(rule) and not rule.of_record:
            return []  # the fields of any other hash are its own
        return [member for member, _ in units(rule.was, page.flat)]

    def _map(self, page: Page, ids: list[str], records: list[Record | None]) -> Mapped:
        plan, rule = self._plan, self._plan.rules[page.rule]
        if plan.keeps(rule):
            try:
                return Mapped({plan.target + rule.target.fill(page.names): page.flat}, ids, records, [])
            except Unfilled as error:
                return Mapped({}, ids, records, [f"{page.key}: {error}"])
        if plan.records is not None and plan.carries_records(rule) and plan.records.parse == FIELDS:
            page = self._whole(page, ids)
        targets: dict[str, list[tuple[str, str]]] = {}
        unfilled: list[str] = []
        each = len(ids) > 1 or plan.records is None or plan.records.id not in page.names
        for at, (member, value) in enumerate(units(rule.was, page.flat)):
            record = records[at if each else 0] if records else None
            try:
                target = plan.target + rule.target.fill(page.names, record)
                unit = self._unit(rule, page, ids[at if each else 0] if ids else "", member, value, record)
            except Unfilled as error:
                unfilled.append(
                    f"{page.key}, {member}: {error}" if rule.was != "string" else f"{page.key}: {error}"
                )
                continue
            targets.setdefault(target, []).append(unit)
        flat = {target: flattened(rule.becomes, found) for target, found in targets.items()}
        return Mapped(flat, ids, records, unfilled)

    def _whole(self, page: Page, ids: list[str]) -> Page:
        """A record that is the fields of a hash, through the hook."""
        hook = self._plan.records.hook if self._plan.records else None
        if hook is None:
            return page
        made = hook(ids[0], dict(zip(page.flat[::2], page.flat[1::2], strict=True)))
        odd = [name for name, value in made.items() if not isinstance(value, str)]
        if odd or not made:
            why = f"{odd[0]} is not a text" if odd else "it has no fields"
            raise MigrationError(f"{hook.text} made a record of {ids[0]} that is not fields of a hash: {why}")
        return replace(page, flat=[text for pair in made.items() for text in pair])

    def _unit(
        self, rule: Rule, page: Page, identity: str, member: str, value: str, record: Record | None
    ) -> tuple[str, str]:
        """A member as the target has it, with what comes with it there."""
        if rule.score is not None:
            return member, _score(rule.score.value(page.names, record))
        plan = self._plan
        if plan.records is None or plan.records.hook is None or not plan.carries_records(rule):
            return member, value
        if plan.records.parse == FIELDS:
            return member, value
        stored = member if rule.was == "string" else value
        old = parsed(stored)
        if old is None:
            raise Unfilled("its record cannot be read as a JSON object, which the transform needs")
        text = json.dumps(plan.records.hook(identity, old), ensure_ascii=False, separators=(",", ":"))
        return (text, "") if rule.was == "string" else (member, text)

    async def _records(self, asked: Sequence[tuple[dict[str, str], str]]) -> list[Record | None]:
        """The record of each id, None where there is none or it cannot be read."""
        where = self._plan.records
        if where is None or not asked:
            return []
        if where.in_fields:
            plan = self._plan
            key = plan.target + plan.rules[0].target.text if self._moved else plan.source + where.key.text
            texts = await self._server.call("HMGET", key, *(one for _, one in asked))
            return [None if text is None else parsed(text) for text in texts]
        keys = [self._key(where.key, names | {where.id: one}) for names, one in asked]
        name = "GET" if where.parse == JSON else "HGETALL"
        commands: list[Command] = [(name, key) for key in keys if key is not None]
        replies = iter(checked(await self._server.pipeline(commands)))
        return [None if key is None else _record(next(replies)) for key in keys]

    def _key(self, template: Template, names: dict[str, str]) -> str | None:
        try:
            return self._plan.source + template.fill(names)
        except Unfilled:
            return None  # a rule without the names of the records' keys


def parsed(text: str) -> Record | None:
    try:
        found = read_json(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _record(reply: Any) -> Record | None:
    if isinstance(reply, list):
        return dict(zip(reply[::2], reply[1::2], strict=True)) or None
    return None if reply is None else parsed(reply)


def _score(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        raise Unfilled(f"{text!r} is not a score") from None
    if number != number:
        raise Unfilled(f"{text!r} is not a score")
    return text
