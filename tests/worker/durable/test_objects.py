"""Objects: one instance for each name, memory that can go, storage that stays, calls as Python makes them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kvstore import KVNamespace, ManualClock, SeededEntropy, SqliteStore
from kvstore.faults import Fault, InvocationCrashed
from kvstore.layers.invocation import Invocations
from kvstore.layers.transit import OneFault, Transit
from worker.durable import FolderDisk, MemoryDisk, ObjectError, Objects
from worker.sdk import DurableObject, Request, Response
from worker.sdk.env import make_env

pytestmark = pytest.mark.anyio

NOW = 1_795_000_000_000
KEY = "test-Counter"


class Counter(DurableObject):
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.memory = 0
        self.loaded: list[Any] = []
        ctx.blockConcurrencyWhile(self.load)

    async def load(self) -> None:
        await self.env.CACHE.get("x")
        self.loaded.append(await self.ctx.storage.get("n"))

    async def add(self, by: int = 1) -> int:
        n = (await self.ctx.storage.get("n")) or 0
        await self.ctx.storage.put("n", n + by)
        return n + by

    async def remembered(self) -> int:
        self.memory += 1
        return self.memory

    async def was_loaded(self) -> list[Any]:
        return self.loaded

    async def pair(self, crash: bool = False) -> None:
        self.ctx.storage.put("left", 1)
        self.ctx.storage.put("right", 1)
        if crash:
            raise InvocationCrashed("cut off")

    async def unsafe(self) -> int:
        """Reads, waits for something that is no storage, writes: what others did meanwhile is lost."""
        n = (await self.ctx.storage.get("n")) or 0
        await self.env.CLOCK.sleep(0.01)
        await self.ctx.storage.put("n", n + 1)
        return n + 1

    async def blocked(self) -> int:
        n: int = await self.ctx.blockConcurrencyWhile(self.unsafe)
        return n

    async def in_transaction(self) -> int:
        async def body(txn: Any) -> int:
            n = (await txn.get("n")) or 0
            await self.env.CLOCK.sleep(0.01)
            await txn.put("n", n + 1)
            return n + 1

        result: int = await self.ctx.storage.transaction(body)
        return result

    async def calls_kv(self) -> Any:
        self.ctx.storage.put("left", 1)
        return await self.env.CACHE.get("x")

    async def everything(self) -> Any:
        return await self.ctx.storage.list()

    async def later(self) -> str:
        async def work() -> None:
            await self.env.CLOCK.sleep(1)
            await self.ctx.storage.put("late", True)

        self.ctx.waitUntil(work())
        return "answered"

    async def fetch(self, request: Request) -> Response:
        if request.url.endswith("/fails"):
            raise ValueError("no")
        body = f"{request.method} {request.headers['x-a']} {await request.text()} {self.ctx.id.name}"
        return Response(body, status=201, headers={"x-b": "2"})


class Clocked:
    """A clock that a Worker's env can hold."""

    def __init__(self, clock: ManualClock) -> None:
        self.sleep = clock.sleep


class Stage:
    def __init__(self, disk: Any = None, **options: Any) -> None:
        self.clock = ManualClock(NOW)
        self.transit = Transit(SqliteStore.in_memory(self.clock), OneFault(), Invocations())
        self.disk = disk or MemoryDisk()
        self.objects = Objects(
            KEY,
            Counter,
            {"CACHE": KVNamespace(self.transit), "CLOCK": Clocked(self.clock)},
            disk=self.disk,
            clock=self.clock,
            entropy=SeededEntropy(1),
            ring=False,
            **options,
        )
        self.env = make_env({"COUNTER": self.objects.binding})

    @property
    def stub(self) -> Any:
        return self.env.COUNTER.getByName("a")


async def test_equal_names_are_one_object_and_others_are_not() -> None:
    stage = Stage()
    namespace = stage.env.COUNTER
    assert await namespace.getByName("a").add() == 1
    assert await namespace.get(namespace.idFromName("a")).add() == 2
    assert await namespace.get(namespace.idFromString(str(namespace.idFromName("a")))).add() == 3
    assert await namespace.getByName("b").add() == 1
    assert await namespace.get(namespace.newUniqueId()).add() == 1


async def test_evict_drops_memory_and_keeps_storage() -> None:
    stage = Stage()
    assert [await stage.stub.remembered(), await stage.stub.remembered()] == [1, 2]
    await stage.stub.add(5)
    assert stage.objects.evict("a") == 1
    assert await stage.stub.remembered() == 1
    assert await stage.stub.was_loaded() == [5], "the constructor's work was done before the first event"
    assert await stage.stub.add() == 6


async def test_a_fork_of_the_disk_shares_nothing() -> None:
    stage = Stage()
    await stage.stub.add()
    other = Stage(stage.disk.fork())
    assert [await other.stub.add(), await stage.stub.add(10)] == [2, 11]


async def test_storage_on_disk_is_there_for_another_process(tmp_path: Path) -> None:
    stage = Stage(FolderDisk(tmp_path / KEY))
    await stage.stub.add(7)
    stage.objects.close()
    [file] = (tmp_path / KEY).glob("*.sqlite")
    assert file.stem == str(stage.env.COUNTER.idFromName("a"))
    again = Stage(FolderDisk(tmp_path / KEY))
    assert await again.stub.add() == 8
    again.objects.close()


async def test_read_then_write_is_never_interleaved() -> None:
    """Input gate: while storage is awaited, an object is given nothing else."""
    stage = Stage()
    answers = await asyncio.gather(*(stage.stub.add() for _ in range(50)))
    assert sorted(answers) == list(range(1, 51))


async def test_events_interleave_where_they_wait_for_something_else() -> None:
    stage = Stage()
    assert list(await asyncio.gather(stage.stub.unsafe(), stage.stub.unsafe())) == [1, 1]


@pytest.mark.parametrize("method", ["blocked", "in_transaction"])
async def test_nothing_begins_while_it_is_blocked(method: str) -> None:
    stage = Stage()
    assert sorted(await asyncio.gather(*(getattr(stage.stub, method)() for _ in range(3)))) != [1, 1, 1]
    first = asyncio.ensure_future(getattr(stage.stub, method)())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    n = len(await stage.stub.everything())
    assert first.done(), "an event that came later was let in only after the first was through"
    assert n == 1


async def test_writes_without_await_are_stored_together_or_not_at_all() -> None:
    stage = Stage()
    with pytest.raises(ObjectError, match="Network connection lost") as caught:
        await stage.stub.pair(True)
    assert caught.value.retryable
    assert await stage.stub.everything() == {}
    await stage.stub.pair()
    assert await stage.stub.everything() == {"left": 1, "right": 1}


async def test_a_crash_in_kv_ends_the_object_and_rolls_back() -> None:
    stage = Stage()
    await stage.stub.remembered()
    stage.transit.follow(OneFault(Fault("crash", 1)))
    with pytest.raises(ObjectError, match="Network connection lost"):
        await stage.stub.calls_kv()
    stage.transit.follow(OneFault())
    assert await stage.stub.remembered() == 1
    assert await stage.stub.everything() == {}


@pytest.mark.parametrize(("at", "kept"), [("put", {}), ("commit", {}), ("answer", {"n": 1})])
async def test_a_crash_before_the_commit_loses_the_write_and_one_after_it_only_the_answer(
    at: str, kept: dict[str, int]
) -> None:
    armed = [True]

    def crash(operation: str) -> None:
        if operation == at and armed:
            armed.clear()
            raise InvocationCrashed(operation)

    async def carry(_: object, __: str, deliver: Callable[[], Awaitable[Any]]) -> Any:
        result = await deliver()
        if at == "answer" and armed:
            armed.clear()
            raise ObjectError("Error", "Network connection lost.")
        return result

    stage = Stage(probe=crash, carry=carry)
    with pytest.raises(ObjectError, match="Network connection lost"):
        await stage.stub.add()
    assert await stage.stub.everything() == kept


async def test_evict_in_the_middle_of_an_event_tells_the_caller() -> None:
    stage = Stage()
    waiting = asyncio.ensure_future(stage.stub.unsafe())
    for _ in range(3):
        await asyncio.sleep(0)
    stage.objects.evict()
    with pytest.raises(ObjectError, match="Network connection lost"):
        await waiting
    assert await stage.stub.everything() == {}


async def test_a_caller_that_goes_away_does_not_stop_the_object() -> None:
    stage = Stage()
    waiting = asyncio.ensure_future(stage.stub.unsafe())
    for _ in range(3):
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await stage.stub.add() == 2


async def test_wait_until_goes_on_after_the_answer() -> None:
    stage = Stage()
    assert await stage.stub.later() == "answered"
    for _ in range(5):
        await asyncio.sleep(0)
    assert await stage.stub.everything() == {"late": True}


async def test_fetch_reaches_the_handler_and_brings_its_response() -> None:
    stage = Stage()
    answer = await stage.stub.fetch("http://do/x", method="POST", headers={"x-a": "1"}, body="hello")
    assert (answer.status, answer.headers["x-b"]) == (201, "2")
    assert await answer.text() == "POST 1 hello a"
    request = Request("http://do/x", headers={"x-a": "2"})
    assert await (await stage.stub.fetch(request)).text() == "GET 2  a"
    with pytest.raises(OSError, match="ValueError: no"):
        await stage.stub.fetch("http://do/fails")


@pytest.mark.parametrize("name", ["nothing", "memory"])
async def test_a_method_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ObjectError, match=f'does not implement the method "{name}"'):
        await getattr(Stage().stub, name)()


@pytest.mark.parametrize("value", [(1,), bytearray(b"x")])
async def test_arguments_that_cannot_be_sent_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be sent over RPC"):
        await Stage().stub.add(value)


async def test_around_is_entered_for_each_event() -> None:
    names = []

    @contextmanager
    def around(name: str) -> Iterator[None]:
        names.append(name)
        yield

    stage = Stage(around=around)
    await stage.stub.add()
    await stage.stub.fetch("http://do/", headers={"x-a": "1"})
    assert names == ["add", "fetch"]


async def test_whoever_carries_a_call_knows_the_object_and_what_is_asked_of_it() -> None:
    carried = []

    async def carry(identity: Any, what: str, deliver: Callable[[], Awaitable[Any]]) -> Any:
        carried.append((identity.name, what))
        return await deliver()

    stage = Stage(carry=carry)
    assert await stage.stub.add() == 1
    await stage.stub.fetch("http://do/a?b=1", method="PUT")
    assert carried == [("a", "add"), ("a", "PUT /a?b=1")]


async def test_the_same_seed_gives_the_same_ids() -> None:
    ids = [str(Stage().env.COUNTER.newUniqueId()) for _ in range(2)]
    assert ids[0] == ids[1]


async def test_objects_without_a_class_say_so() -> None:
    objects = Objects(KEY)
    with pytest.raises(ObjectError, match="test-Counter has no class yet"):
        await objects.binding.getByName("a").add()


class Plain(DurableObject):
    async def put(self, key: int, value: int) -> str:
        try:
            await self.ctx.storage.put("k" * key, "v" * value)
        except Exception as error:
            return str(error)
        return "stored"


@pytest.mark.parametrize(
    ("key", "value", "answer"),
    [
        (2048, 1, "stored"),
        (2049, 1, "RangeError: Keys cannot be larger than 2048 bytes."),
        (1, 131_072, "stored"),
        (1, 131_105, "RangeError: Values cannot be larger than 131072 bytes."),
    ],
)
async def test_a_class_with_a_key_value_back_end_has_its_own_limits(
    key: int, value: int, answer: str
) -> None:
    objects = Objects("test-Plain", Plain, {}, sqlite=False)
    assert await objects.binding.getByName("a").put(key, value) == answer
