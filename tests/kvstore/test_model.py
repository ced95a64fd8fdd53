"""Every store against the model, step by step, while time moves and pages are turned between changes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, precondition, rule

from kvstore import KVError, ManualClock

from .conformance.effort import effort
from .conformance.expect import START
from .conformance.ways import WAYS, Binding
from .model import Model, Refused

STORES = ("inline", "memory", "pooled", "state-inline", "state-pooled")

# Few keys, so that they meet; chosen where orders differ: case, NUL, the end of the basic plane.
KEYS = st.sampled_from(
    ["a", "a\0", "a\0b", "ab", "aé", "b", "B", "é", "\ud7ff", "\ue000", "\uffff", "🙂", "a/b"]
)
PREFIXES = st.sampled_from(["", "", "a", "a\0", "ab", "\ud7ff", "\uffff", "🙂", "none"])
LIVES = st.sampled_from([None, 59, 60, 60, 61, 90])
METADATA = st.none() | st.sampled_from([0, False, "", "é", {"a": [1, None]}])
# Around the rounding of a second, and around the shortest life.
TIMES = st.sampled_from([1, 299, 300, 301, 700, 1000, 59_000, 60_000, 61_000])


class Stores(RuleBasedStateMachine):
    """The same steps on the model and on every store."""

    # Pages that can be turned: prefix, limit, the cursor, and the key at which it stands.
    listings = Bundle("listings")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(START)
        self.clock = ManualClock(START)
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.stores = self.runner.run(self._open())

    async def _open(self) -> dict[str, Binding]:
        stores = {}
        for name in STORES:
            folder = Path(self.stack.enter_context(TemporaryDirectory()))
            stores[name] = await self.stack.enter_async_context(WAYS[name](folder, self.clock))
        return stores

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def every(self, act: Callable[[Binding], Awaitable[Any]]) -> list[Any]:
        """The answer of each store."""

        async def each() -> list[Any]:
            return [await act(store) for store in self.stores.values()]

        return self.runner.run(each())

    def agree(self, act: Callable[[Binding], Awaitable[Any]], expected: Any) -> None:
        for name, answer in zip(STORES, self.every(act), strict=True):
            assert answer == expected, (name, answer, expected)

    @rule(key=KEYS, value=st.binary(max_size=3), metadata=METADATA, ttl=LIVES)
    def put(self, key: str, value: bytes, metadata: Any, ttl: int | None) -> None:
        options = {"metadata": metadata} | ({} if ttl is None else {"expirationTtl": ttl})
        self._put(key, value, options, lambda: self.model.put(key, value, metadata, ttl=ttl))

    @rule(key=KEYS, ahead=st.sampled_from([-1, 59, 60, 61]), metadata=METADATA)
    def put_until(self, key: str, ahead: int, metadata: Any) -> None:
        expiration = self.model.now // 1000 + ahead
        options = {"metadata": metadata, "expiration": expiration}
        self._put(key, b"v", options, lambda: self.model.put(key, b"v", metadata, expiration=expiration))

    def _put(self, key: str, value: bytes, options: dict[str, Any], model: Callable[[], None]) -> None:
        async def act(kv: Binding) -> bool:
            try:
                await kv.put(key, value, options)
            except KVError:
                return False
            return True

        try:
            model()
        except Refused:
            self.agree(act, False)
        else:
            self.agree(act, True)

    @rule(key=KEYS)
    def read(self, key: str) -> None:
        self.get(key)

    def get(self, key: str) -> None:
        kept = self.model.get(key)
        value, metadata = (None, None) if kept is None else (kept.value, kept.metadata)
        expected = {"value": value, "metadata": metadata, "cacheStatus": None}
        self.agree(lambda kv: kv.getWithMetadata(key, "arrayBuffer"), expected)

    @rule(keys=st.lists(KEYS, min_size=1, max_size=4, unique=True))
    def read_many(self, keys: list[str]) -> None:
        self.get_many(keys)

    def get_many(self, keys: list[str]) -> None:
        kept = {key: self.model.get(key) for key in keys}
        expected = {
            key: None if found is None else found.value.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
            for key, found in kept.items()
        }
        self.agree(lambda kv: kv.get(keys), expected)

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        self.model.delete(key)
        self.agree(lambda kv: kv.delete(key), None)

    @rule(milliseconds=TIMES)
    def wait(self, milliseconds: int) -> None:
        self._move_to(self.model.now + milliseconds)

    @precondition(lambda self: any(kept.expires for kept in self.model.kept.values()))
    @rule(data=st.data(), past=st.sampled_from([-1, 0, 1]), read=st.sampled_from(["get", "many", "list"]))
    def meet_an_expiration(self, data: st.DataObject, past: int, read: str) -> None:
        """Look at an entry around the very millisecond in which it expires."""
        expiring = sorted((kept.expires, key) for key, kept in self.model.kept.items() if kept.expires)
        moment, key = data.draw(st.sampled_from(expiring))
        self._move_to(max(self.model.now, moment + past))
        if read == "get":
            self.get(key)
        elif read == "many":
            self.get_many([key])
        else:
            self.list_everything()

    def _move_to(self, moment: int) -> None:
        self.model.now = moment
        self.clock.set(moment)

    @rule(target=listings, prefix=PREFIXES, limit=st.integers(1, 4))
    def list(self, prefix: str, limit: int) -> Any:
        return self._page(prefix, limit, {"prefix": prefix, "limit": limit}, "")

    @rule(target=listings, listing=consumes(listings))
    def turn_the_page(self, listing: tuple[str, int, str, str]) -> Any:
        prefix, limit, cursor, after = listing
        return self._page(prefix, limit, {"prefix": prefix, "limit": limit, "cursor": cursor}, after)

    def _page(self, prefix: str, limit: int, options: dict[str, Any], after: str) -> Any:
        expected = self.model.list(prefix, limit, after)
        self.agree(lambda kv: kv.list(options), expected)
        if expected["list_complete"]:
            return multiple()
        return prefix, limit, expected["cursor"], expected["keys"][-1]["name"]

    @rule()
    def read_everything(self) -> None:
        self.list_everything()

    def list_everything(self) -> None:
        self.agree(lambda kv: kv.list(), self.model.list())


Stores.TestCase.settings = effort(few=25, many=2000)
TestStores = Stores.TestCase
