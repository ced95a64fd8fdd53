"""The runbook of a migration without a Worker: pages, pace, a second look, and the deletion of originals.

What the user gives copies one entry; everything around that is here. An entry is copied unless its copy is
there, and its original is deleted only when, long enough after that nobody sees anything old, the copy is
what it must be. Whatever is interrupted begins its round again.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from harness.actors.operator import GaveUp, Operator
from harness.actors.table import TableOf
from harness.migration import Entry, MigrationError, Rule, stored_as
from harness.model.expectation import LAST_MINUTE
from harness.model.outcomes import Outcomes, place_of
from harness.model.row import Row, checked, is_table, label_of
from harness.model.sameness import has_value, same
from kvstore import KVError
from kvstore.faults import InvocationCrashed
from kvstore.figures import whole
from worker.sdk.ffi.errors import JsException

_PAGE: Final = 100
_MOST_ROUNDS: Final = 12

Work = Callable[[Rule, Mapping[str, Any]], Awaitable[bool]]


class Mover:
    """Moves what the rules of `Migration.each` say, as an operator with a script does."""

    def __init__(self, operator: Operator, outcomes: Outcomes) -> None:
        self.operator = operator
        self.world = operator.world
        self.outcomes = outcomes

    async def move(self) -> None:
        """Copy, wait, verify and delete, until nothing is left. Raises GaveUp."""
        for _ in range(_MOST_ROUNDS):
            await self._all("copy", self._copy)
            await self.operator.settle()
            left = await self._all("verify", self._verify)
            await self.operator.settle()
            if not left:
                return
        raise GaveUp("moving", f"entries are left after {_MOST_ROUNDS} rounds")

    async def _all(self, what: str, work: Work) -> int:
        """Do ``work`` to every entry that is to move; how many are left to do."""
        return sum([await self._rule(what, rule, work) for rule in self.world.migration.moves])

    async def _rule(self, what: str, rule: Rule, work: Work) -> int:
        left, cursor, failures = 0, None, 0
        while True:
            try:
                page, count = await self._page(what, rule, cursor, work)
            except (KVError, JsException, InvocationCrashed) as error:
                if isinstance(error, KVError) and error.code == "daily-quota":
                    await self.operator.until_tomorrow(1)
                    continue
                failures += 1
                if failures >= self.world.scenario.tries:
                    raise GaveUp(
                        f"{what} {rule.prefix}", f"failed {failures} times in a row: {error}"
                    ) from error
                await self.operator.wait(5 * 2 ** min(failures, 5))
                continue
            failures, left = 0, left + count
            if page["list_complete"]:
                return left
            cursor = page["cursor"]
            await self.operator.wait(1)

    async def _page(
        self, what: str, rule: Rule, cursor: str | None, work: Work
    ) -> tuple[dict[str, Any], int]:
        """One page of entries, as one request of the operator."""
        world, operator = self.world, self.operator
        call = operator.call(what, rule.prefix)
        world.calls.append(call)
        with world.invocations.start(call.name) as invocation:
            try:
                kv = operator.kv(rule.binding)
                options = {"prefix": rule.prefix, "limit": self._page_size()}
                page = await kv.list(**options, **({"cursor": cursor} if cursor else {}))
                done = [await work(rule, key) for key in page["keys"]]
                call.status = 200
                return page, done.count(False)
            finally:
                call.answered, call.last = world.clock.now_ms(), len(world.writes)
                call.operations = invocation.operations

    async def _copy(self, rule: Rule, key: Mapping[str, Any]) -> bool:
        asked = await self._asked(rule, key)
        if asked is None:
            return True
        entry, targets = asked
        for target in targets:
            if place_of(target) == (rule.binding, entry.key):
                continue
            have = await self._at(target)
            if have is not None and (target.shape is None or _agrees(target, have)):
                return True
        to: Any = self.operator.db if rule.to in self.world.stages.databases else self.operator.kv
        made = await rule.function(to(rule.to), entry.key, entry)
        for row in (made,) if isinstance(made, Row) else made or ():
            await self._write(rule, row)
        return True

    async def _write(self, rule: Rule, row: Any) -> None:
        """Write a row that the function of a rule has returned. Raises MigrationError."""
        if not isinstance(row, Row):
            raise MigrationError(f"{rule.name} returns {row!r}: a Row, several, or nothing is written here")
        label = label_of(row.binding or self.world.migration.database, row.table)
        checked(row, label, self.world.stages.tables)
        await self._table(label).write(row.columns)

    def _table(self, label: str) -> TableOf:
        return TableOf(self.operator.db(label.partition(".")[0]), label, self.world.stages.tables[label])

    async def _verify(self, rule: Rule, key: Mapping[str, Any]) -> bool:
        """Whether nothing is left to do for an entry."""
        asked = await self._asked(rule, key)
        if asked is None:
            return True
        entry, targets = asked
        place = rule.binding, entry.key
        for target in targets:
            have = await self._at(target)
            # What is at another key may be a client's by now; a table has no clients before it is cut over.
            is_sure = place_of(target) == place or target.shape is not None
            if have is None or (is_sure and not _agrees(target, have)):
                return False
        if not self.world.migration.keeps_originals and place not in map(place_of, targets):
            await self.operator.kv(rule.binding).delete(entry.key)
        return True

    async def _asked(self, rule: Rule, key: Mapping[str, Any]) -> tuple[Entry, tuple[Entry, ...]] | None:
        """An entry and what it becomes; None for one that is gone, ends soon, or cannot be moved."""
        entry = await self._read(rule, key)
        if entry is None or self._ends_soon(entry):
            return None
        targets = self.outcomes.targets((rule.binding, entry.key), stored_as(entry))
        return None if targets is None else (entry, targets)

    async def _read(self, rule: Rule, key: Mapping[str, Any]) -> Entry | None:
        found = await self.operator.kv(rule.binding).getWithMetadata(key["name"], "arrayBuffer")
        if found["value"] is None:
            return None
        return Entry(
            key["name"], bytes(found["value"]), found["metadata"], key.get("expiration"), rule.binding
        )

    async def _at(self, target: Entry) -> Entry | None:
        if is_table(target.binding):
            return await self._table(target.binding).read(target)
        found = await self.operator.kv(target.binding).getWithMetadata(target.key, "arrayBuffer")
        if found["value"] is None:
            return None
        return Entry(target.key, bytes(found["value"]), found["metadata"], None, target.binding)

    def _ends_soon(self, entry: Entry) -> bool:
        now = self.world.clock.now_ms() / 1000
        return entry.expiration is not None and entry.expiration < now + LAST_MINUTE

    def _page_size(self) -> int:
        """How many entries a request can move with its operations: five each at most, and the listing; where
        they become rows, three queries of those that every plan has.
        """
        operations = self.world.scenario.platform.allowance.operations
        most = whole("free.queries") // 3 if self.world.stages.databases else _PAGE
        return most if operations is None else max(1, min(most, (operations - 1) // 5))


def _agrees(target: Entry, have: Entry) -> bool:
    is_same = has_value(target, have.value) and same(target.metadata, have.metadata)
    return is_same and (target.shape is None or target.expiration == have.expiration)
