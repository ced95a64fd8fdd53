"""Any value that JavaScript knows, anywhere: only the product's refusals, nothing half-written.

Deep mode: ``UNDERSTUDY_FUZZ=deep``. The tests at the end name what earlier runs have found.
"""

import asyncio
import math
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvstore import KVError, KVNamespace, KVSyntaxError, KVTypeError, ManualClock, ReadableStream, SqliteStore
from kvstore.javascript.json_text import parse, stringify
from kvstore.javascript.values import UNDEFINED, to_string

from .conformance.effort import effort
from .conformance.expect import START, refusal
from .conformance.generated import BUFFERS, CALLS, TEXTS, VALUES, WORDING
from .conformance.ways import WAYS, Binding

STORES: Final = ("inline", "pooled", "state-inline", "state-pooled")


class House:
    """The stores, open side by side, and the loop that drives them."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.stores: dict[str, Binding] = self.run(self._open(folder))

    async def _open(self, folder: Path) -> dict[str, Binding]:
        clock = ManualClock(START)
        for name in STORES:
            (folder / name).mkdir()
        return {
            name: await self._stack.enter_async_context(WAYS[name](folder / name, clock)) for name in STORES
        }

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._runner.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.close()


async def contents(kv: Binding) -> dict[str, Any]:
    """Everything in a namespace: values, metadata and expirations."""
    keys = (await kv.list())["keys"]
    return {key["name"]: (key, await kv.get(key["name"], "arrayBuffer")) for key in keys}


async def outcome(kv: Binding, verb: str, arguments: tuple[Any, ...]) -> str | None:
    """None for success, else the refusal, which must be one of the product's."""
    try:
        await getattr(kv, verb)(*arguments)
    except KVError as error:
        refusal = str(error)
    else:
        return None
    assert WORDING.fullmatch(refusal), refusal
    return refusal


def has_stream(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_stream(item) for item in value.values())
    return isinstance(value, ReadableStream) or (
        isinstance(value, list | tuple) and any(has_stream(item) for item in value)
    )


@effort(few=150, many=20_000)
@given(data=st.data())
def test_any_call_is_answered_or_refused_and_a_refusal_changes_nothing(data: st.DataObject) -> None:
    async def check() -> None:
        kv = KVNamespace(SqliteStore.in_memory(ManualClock(START)))
        for verb, *arguments in data.draw(st.lists(CALLS, min_size=1, max_size=8)):
            before = await contents(kv)
            if await outcome(kv, verb, tuple(arguments)) is not None or verb in ("get", "list"):
                assert await contents(kv) == before

    asyncio.run(check())


def test_every_store_answers_a_call_alike(house: House) -> None:
    @effort(few=60, many=3_000)
    @given(call=CALLS)
    def check(call: tuple[Any, ...]) -> None:
        if has_stream(call):
            return  # it can be read only once
        verb, *arguments = call
        answers = {name: house.run(outcome(kv, verb, tuple(arguments))) for name, kv in house.stores.items()}
        assert len(set(answers.values())) == 1, answers
        kept = [house.run(contents(kv)) for kv in house.stores.values()]
        assert all(one == kept[0] for one in kept)

    check()


def test_get_returns_what_was_put(house: House) -> None:
    names = TEXTS.filter(
        lambda name: name not in ("", ".", "..") and len(to_bytes(name) or "") in range(1, 513)
    )

    @effort(few=60, many=3_000)
    @given(name=names, value=BUFFERS, metadata=VALUES, ttl=st.none() | st.integers(60, 2**31 - 1))
    def check(name: str, value: Any, metadata: Any, ttl: int | None) -> None:
        options = {"metadata": metadata} | ({} if ttl is None else {"expirationTtl": ttl})
        for kv in house.stores.values():
            if house.run(outcome(kv, "put", (name, value, options))) is None:
                found = house.run(kv.getWithMetadata(name, "arrayBuffer"))
                assert found["value"] == bytes(value)
                assert same_json(found["metadata"], metadata)
                [key] = house.run(kv.list({"prefix": name}))["keys"][:1] if "\0" not in name else [{}]
                assert key.get("expiration") == (None if ttl is None or not key else START // 1000 + ttl)

    check()


def to_bytes(name: str) -> bytes | None:
    try:
        return name.encode()
    except UnicodeEncodeError:
        return None


def same_json(found: Any, given: Any) -> bool:
    """Whether metadata came back as JSON keeps it."""
    if given is None or given is UNDEFINED:
        return found is None
    return stringify(found) == stringify(given)


@effort(few=300, many=30_000)
@given(text=st.text(st.sampled_from('[]{}",:\\u0eE+-.1 \n\tnulltruefas\ufeff\ud800é'), max_size=30))
def test_json_is_read_or_refused(text: str) -> None:
    try:
        value = parse(text)
    except KVSyntaxError:
        return
    assert stringify(parse(str(stringify(value)))) == stringify(value)


@effort(few=300, many=30_000)
@given(value=VALUES)
def test_json_of_anything_is_json(value: Any) -> None:
    try:
        text = stringify(value)
    except KVTypeError:
        return
    assert text is UNDEFINED or stringify(parse(str(text))) == text


# What has been found, by name.


def nested(depth: int) -> list[Any]:
    """An empty array inside of arrays, ``depth`` of them in all."""
    array: list[Any] = []
    for _ in range(depth - 1):
        array = [array]
    return array


def depth_of(value: Any) -> int:
    depth = 0
    while value:
        value, depth = next(iter(value.values())) if isinstance(value, dict) else value[0], depth + 1
    return depth


def put(kv: KVNamespace, *arguments: Any) -> None:
    asyncio.run(kv.put(*arguments))


@pytest.fixture
def kv() -> KVNamespace:
    return KVNamespace(SqliteStore.in_memory(ManualClock(START)))


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_json_of_any_depth_was_a_recursion_error(start: str, end: str) -> None:
    assert depth_of(parse(start * 100_000 + "0" + end * 100_000)) == 100_000


def test_broken_json_of_any_depth_was_a_recursion_error() -> None:
    with refusal("SyntaxError: Unexpected token 'x', ...\"[[[[[[[[[[x\" is not valid JSON"):
        parse("[" * 100_000 + "x")


def test_metadata_as_deep_as_its_limit_was_a_recursion_error(kv: KVNamespace) -> None:
    put(kv, "k", "v", {"metadata": nested(512)})
    found = asyncio.run(kv.getWithMetadata("k"))
    assert depth_of(found["metadata"]) == 511


def test_deeper_metadata_is_measured(kv: KVNamespace) -> None:
    with refusal("Error: KV PUT failed: 413 Metadata length of 10000 exceeds limit of 1024."):
        put(kv, "k", "v", {"metadata": nested(5000)})


@pytest.mark.parametrize("value", [{"metadata": nested(20_000)}, {"expirationTtl": nested(20_000)}], ids=list)
def test_json_deeper_than_the_stack_is_a_range_error(kv: KVNamespace, value: dict[str, Any]) -> None:
    with refusal("RangeError: Maximum call stack size exceeded"):
        put(kv, "k", "v", value)


def test_an_array_inside_of_itself_had_no_text() -> None:
    array: list[Any] = [1]
    array += [array, [array, 2]]
    assert to_string(array) == "1,,,2"


def test_a_bigint_of_more_than_4300_digits_had_no_text() -> None:
    assert to_string(10**5000) == "1" + "0" * 5000


def test_a_number_text_beyond_all_doubles_was_an_overflow_error(kv: KVNamespace) -> None:
    with refusal("Error: KV GET failed: 400 Invalid cache_ttl of 0. Cache TTL must be at least 30."):
        asyncio.run(kv.get("k", {"cacheTtl": "0x" + "f" * 400}))


def test_toJSON_that_gives_itself_was_endless() -> None:
    value: dict[str, Any] = {"a": 1}
    value["toJSON"] = lambda _: value
    assert stringify(value) == '{"a":1}'


def test_a_date_before_the_year_1000_lost_its_zeros() -> None:
    date = datetime(1, 1, 3, tzinfo=UTC)
    assert stringify(date) == '"0001-01-03T00:00:00.000Z"'
    assert to_string(date) == "Wed Jan 03 0001 00:00:00 GMT+0000 (Coordinated Universal Time)"


def test_the_last_microsecond_of_the_calendar_was_a_value_error() -> None:
    assert stringify(datetime.max.replace(tzinfo=UTC)) == '"9999-12-31T23:59:59.999Z"'


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.0, 5e-324, 1.7976931348623157e308])
def test_edges_of_numbers_are_json(value: float) -> None:
    text = stringify([value])
    assert isinstance(text, str)
    assert parse(text) == ([value] if math.isfinite(value) else [None])
