"""What the old service wrote after the freeze: found, told, and moved where nothing stands in its way.

A straggler is moved by one script, so a crash leaves it either where it was or where it belongs, and the same
command goes on. Nothing that codeQ has is ever written over; what collides is left and named.
"""

from dataclasses import dataclass, field
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.legacy_state import FINISHED, parse
from harness.migrations.codeq.option_b.plan import TIERS, is_split, journal_on, tier_of
from harness.migrations.redis.keyspace.errors import Refused, half_way
from harness.migrations.redis.keyspace.journal import COMPLETE, Entries
from harness.migrations.redis.keyspace.pieces import CHUNK, keys_under, parts, scan
from harness.migrations.redis.mapping.plan import COPY, Plan
from harness.migrations.redis.moving.move import OnProgress, silent
from worker.codeq import CodeqKeys, Server
from worker.codeq.documents import Moment, Task

# A record that codeQ does not have: with its score, its lease and its place. 1 moved, 0 codeQ has it, -1 the
# place is of another type. ARGV: the id; list, set or none; 1 if the source stays.
MOVE_TASK = """\
local record = redis.call('HGET', KEYS[1], ARGV[1])
local kind = redis.call('TYPE', KEYS[8])['ok']
if ARGV[2] ~= 'none' and kind ~= 'none' and kind ~= ARGV[2] then return -1 end
if not record or redis.call('HSETNX', KEYS[5], ARGV[1], record) == 0 then return 0 end
local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
if score then redis.call('ZADD', KEYS[6], 'NX', score, ARGV[1]) end
local left = redis.call('PTTL', KEYS[3])
if left > 0 then redis.call('SET', KEYS[7], redis.call('GET', KEYS[3]), 'PX', left, 'NX') end
if ARGV[2] == 'list' then redis.call('LPUSH', KEYS[8], ARGV[1]) end
if ARGV[2] == 'set' then redis.call('SADD', KEYS[8], ARGV[1]) end
if ARGV[3] == '1' then return 1 end
if ARGV[2] ~= 'none' then redis.call('LREM', KEYS[4], -1, ARGV[1]) end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3])
return 1
"""
# An id whose record was migrated before it was queued. KEYS: the old list, codeQ's set in progress, its
# delayed zset, and lists, of which the last is the place. 0: codeQ has it in a queue.
MOVE_ID = """\
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 0 end
if redis.call('ZSCORE', KEYS[3], ARGV[1]) then return 0 end
for n = 4, #KEYS do
  for _, id in ipairs(redis.call('LRANGE', KEYS[n], 0, -1)) do
    if id == ARGV[1] then return 0 end
  end
end
redis.call('LPUSH', KEYS[#KEYS], ARGV[1])
redis.call('LREM', KEYS[1], -1, ARGV[1])
return 1
"""
_KNOWN = "codeQ has a record of it that is not the same: compare the two"
_ON_ITS_WAY = "unfinished and in no queue: a request may still be on its way, look again"
_AHEAD = "the old service went on with it after the copy: codeQ may hand it out a second time"


@dataclass
class Stragglers:
    """``moved``: ids that were moved, or would be; ``left``: ids that stay, each with the reason."""

    applied: bool
    moved: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Nothing is to be done."""
        return not self.left and (self.applied or not self.moved)

    def as_json(self) -> dict[str, Any]:
        return {"applied": self.applied, "moved": self.moved, "left": self.left}


class Gathering:
    """Finds stragglers on ``server`` and, with ``apply``, moves them. Raises Refused, ServerError."""

    def __init__(self, server: Server, on_progress: OnProgress = silent) -> None:
        self._server = server
        self._on_progress = on_progress
        self._keys = CodeqKeys()

    async def run(self, *, apply: bool) -> Stragglers:
        entries = await journal_on(self._server).read()
        if entries is None or entries.phase != COMPLETE:
            state = "no migration was begun here" if entries is None else f"the migration is {entries.phase}"
            raise Refused([f"{state}: what is under legacy: are no stragglers before it is complete"])
        found = Stragglers(apply)
        with half_way(
            lambda: f"{len(found.moved):,} stragglers are moved", keep="keep the old service stopped"
        ):
            await self._all(entries, found)
        return found

    async def _all(self, entries: Entries[Plan], found: Stragglers) -> None:
        lists = [key for key in await keys_under(self._server, legacy.QUEUE) if legacy.queue_of(key)[0]]
        # Tasks in progress last: codeQ must not find one before its lease is there.
        for key in sorted(lists, key=lambda one: one.endswith(legacy.INPROG)):
            await self._list(key, entries, found)
            self._on_progress(f"{key}: {len(found.moved):,} so far, {len(found.left):,} left")
        await self._records(entries, found)
        if entries.plan.mode != COPY:
            await self._remains(found)

    async def _list(self, key: str, entries: Entries[Plan], found: Stragglers) -> None:
        """From its right end, where the oldest is: codeQ's lists are filled in the same order."""
        passed = 0
        while ids := await self._server.call("LRANGE", key, -passed - CHUNK, -passed - 1):
            ids.reverse()
            old = await self._server.call("HMGET", legacy.TASKS, *ids)
            new = await self._server.call("HMGET", self._keys.tasks, *ids)
            for records in zip(ids, old, new, strict=True):
                # What stays in the old list must be passed over by the next page.
                passed += not await self._entry(key, *records, entries, found)

    async def _entry(
        self,
        key: str,
        task_id: str,
        old: str | None,
        new: str | None,
        entries: Entries[Plan],
        found: Stragglers,
    ) -> bool:
        """Whether it has left the old list; ``old`` and ``new`` are its records on either side."""
        kept = entries.plan.mode == COPY
        if old is None and new is None:
            found.left[task_id] = "it has no record in either hash, so nobody knows what is to be done"
        elif new is None:
            return await self._move(key, task_id, parse(old or ""), entries, found) and not kept
        elif kept:
            await self._twice(task_id, old, new, entries, found)
        elif old is not None and old != new:
            found.left[task_id] = _KNOWN
        else:
            return await self._queue(key, task_id, parse(new), entries, found)
        return False

    async def _move(
        self, key: str, task_id: str, task: Task | None, entries: Entries[Plan], found: Stragglers
    ) -> bool:
        command, part = legacy.queue_of(key)
        kind = {legacy.PENDING: "list", legacy.INPROG: "set"}.get(part, "none")
        place = self._place(command, task, entries) if kind == "list" else self._keys.inprog(command)
        if task is None or (kind != "none" and task.status in FINISHED):
            found.left[task_id] = (
                "its record cannot be read" if task is None else "finished, and still queued"
            )
            return False
        if not found.applied:
            found.moved.append(task_id)
            return False
        old = (legacy.TASKS, legacy.TTL, legacy.LEASE + task_id, key)
        new = (self._keys.tasks, self._keys.ttl, self._keys.lease(task_id), place)
        stays = int(entries.plan.mode == COPY)
        moved = await self._server.call("EVAL", MOVE_TASK, 8, *old, *new, task_id, kind, stays)
        if moved == 1:
            found.moved.append(task_id)
        else:
            found.left[task_id] = _KNOWN if moved == 0 else f"{place} is of another type"
        return bool(moved == 1)

    async def _queue(
        self, key: str, task_id: str, task: Task | None, entries: Entries[Plan], found: Stragglers
    ) -> bool:
        """A record that came along and an id that did not: the request was cut in two by the migration."""
        command, part = legacy.queue_of(key)
        if part != legacy.PENDING or task is None or task.status != "PENDING":
            found.left[task_id] = "queued by the old service, while codeQ has it already"
            return False
        if not found.applied:
            found.moved.append(task_id)
            return False
        place = self._place(command, task, entries)
        others = [self._keys.dlq(command), *(self._keys.pending(command, tier) for tier in TIERS)]
        lists = [*(one for one in others if one != place), place]
        where = (key, self._keys.inprog(command), self._keys.delayed(command), *lists)
        if await self._server.call("EVAL", MOVE_ID, len(where), *where, task_id):
            found.moved.append(task_id)
            return True
        found.left[task_id] = "queued by the old service, while codeQ has it in a queue already"
        return False

    async def _records(self, entries: Entries[Plan], found: Stragglers) -> None:
        """Records in no old queue: finished ones are history, and codeQ answers for them."""
        told = set(found.left) if found.applied else {*found.moved, *found.left}
        async for page in parts(self._server, legacy.TASKS, "hash"):
            records = {one: text for one, text in zip(page[::2], page[1::2], strict=True) if one not in told}
            known = await self._server.call("HMGET", self._keys.tasks, *records) if records else []
            for (task_id, text), there in zip(records.items(), known, strict=True):
                task = parse(text)
                if there is not None:
                    await self._twice(task_id, text, there, entries, found)
                elif task is not None and task.status not in FINISHED:
                    found.left[task_id] = _ON_ITS_WAY
                else:
                    await self._move("", task_id, task, entries, found)

    async def _twice(
        self, task_id: str, old: str | None, new: str, entries: Entries[Plan], found: Stragglers
    ) -> None:
        """Both have a record. The source of a copy stays, so only its times tell what was written since."""
        if entries.plan.mode == COPY:
            task = parse(old) if old is not None and old != new else None
            if task is not None and milliseconds(task.updated_at) > max(
                entries.began, milliseconds(task.created_at)
            ):
                found.left[task_id] = _AHEAD
        elif old != new:
            found.left[task_id] = _KNOWN
        elif found.applied:  # the rest of a request that the migration cut in two
            await self._server.call("HDEL", legacy.TASKS, task_id)

    async def _remains(self, found: Stragglers) -> None:
        """Scores without a record are taken away; leases without one are named."""
        async for page in parts(self._server, legacy.TTL, "zset"):
            ids = page[::2]
            records = await self._server.call("HMGET", legacy.TASKS, *ids)
            gone = [one for one, text in zip(ids, records, strict=True) if text is None]
            if found.applied and gone:
                await self._server.call("ZREM", legacy.TTL, *gone)
        async for keys in scan(self._server, legacy.LEASE):
            for key in keys:
                task_id = key.removeprefix(legacy.LEASE)
                if found.applied or task_id not in found.moved:
                    found.left.setdefault(task_id, "held at the old service: stop its worker")

    def _place(self, command: str, task: Task | None, entries: Entries[Plan]) -> str:
        return self._keys.pending(command, tier_of(task) if is_split(entries.plan) else 0)


def milliseconds(moment: Moment) -> int:
    """Since the UNIX epoch."""
    return moment.seconds * 1000 + moment.nanoseconds // 1_000_000
