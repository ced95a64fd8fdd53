"""The binding in Python and the one in workerd: whatever they are given, they say the same."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvstore import KVError, KVNamespace, ManualClock, SqliteStore
from tests.kvstore.conformance.effort import effort
from tests.kvstore.recordings import agrees, play, shown
from tests.kvstore.test_recordings import dump

from .rig import Rig, open_rig

pytestmark = [pytest.mark.anyio, pytest.mark.workerd]

NOW = 1_700_000_000
UNDEFINED = {"$type": "undefined"}

characters = st.characters() | st.sampled_from("\ud83d\ude00\ud800\udfff\ufeff\ufffd\x00\n\x7f/.%+?#&= é日😀")
texts = st.text(characters, max_size=6)
keys = st.sampled_from(["a", "b", "p/1", "p/2", "1", "01", ".", "..", "", "__proto__"]) | texts
long_texts = st.builds(lambda text, count: text * count, st.sampled_from("xé😀"), st.integers(120, 520))
numbers = st.integers(-5, 130) | st.integers(NOW - 2, NOW + 100) | st.integers(-(2**33), 2**33)
scalars = st.none() | st.booleans() | texts | st.floats(-1e3, 1e10)
odd: st.SearchStrategy[Any] = scalars | st.just(UNDEFINED) | st.just([])
plain = (
    st.none()
    | st.booleans()
    | texts
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)
json_values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)


def options(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An options object with any of the members, or something else in its place."""
    return st.fixed_dictionaries({}, optional=members) | odd


types = st.sampled_from(["text", "json", "arrayBuffer", "stream"]) | odd
names = keys | long_texts | odd
get_options = types | options(type=types, cacheTtl=numbers | odd)
reads = st.sampled_from(["get", "getWithMetadata"])
values = texts | odd | st.sampled_from(["1", "{}", '"x"', "null", "{", "-0", "1e999", "\ufeff1"])
put_options = options(
    metadata=json_values | long_texts.map(lambda text: text * 3), expiration=numbers, expirationTtl=numbers
)
list_options = options(prefix=names, limit=numbers | odd, cursor=texts)
# What makes sense, so that entries are found, and listed, and expire; and what does not.
known = st.sampled_from(["a", "p/1", "p/2", "1", "é😀"])
kinds = st.sampled_from(["text", "json", "arrayBuffer", "stream", {"type": "json", "cacheTtl": 30}])
lifetimes = st.fixed_dictionaries(
    {}, optional={"metadata": json_values, "expirationTtl": st.sampled_from([60, 61, 3600])}
)
pages = st.fixed_dictionaries(
    {}, optional={"prefix": st.sampled_from(["p/", "é", ""]), "limit": st.integers(1, 3)}
)
sensible = st.one_of(
    st.tuples(st.just("put"), st.tuples(known, values, lifetimes)),
    st.tuples(reads, st.tuples(known, kinds)),
    st.tuples(reads, st.tuples(st.lists(known, min_size=1, max_size=4), st.sampled_from(["text", "json"]))),
    st.tuples(st.just("list"), st.tuples(pages)),
    st.tuples(st.just("delete"), st.tuples(known)),
    st.tuples(st.just("clock.advance"), st.tuples(st.integers(0, 100_000))),
)
senseless = st.one_of(
    st.tuples(reads, st.tuples(names, get_options)),
    st.tuples(reads, st.tuples(st.lists(names, max_size=4), get_options)),
    st.tuples(st.just("put"), st.tuples(names, values, put_options)),
    st.tuples(st.just("delete"), st.tuples(names)),
    st.tuples(st.just("list"), st.tuples(list_options)),
)
operations = sensible | senseless


@pytest.fixture(scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    async with open_rig(tmp_path_factory.mktemp("workerd")) as opened:
        yield opened


async def outcome(kv: KVNamespace, operation: str, arguments: list[Any]) -> tuple[Any, KVError | None]:
    try:
        return await shown(await play({"op": operation, "args": arguments}, kv, [], dump)), None
    except KVError as error:
        return None, error


def untagged(value: Any) -> Any:
    """A result with the numbers that JSON cannot write as Python has them."""
    if isinstance(value, list):
        return [untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("$type") == "number":
        return float(value["value"])
    return {name: untagged(item) for name, item in value.items()}


@effort(few=60, many=4000)
@given(walk=st.lists(operations, max_size=16))
async def test_bindings_answer_alike(rig: Rig, walk: list[tuple[str, tuple[Any, ...]]]) -> None:
    clock = ManualClock(NOW * 1000)
    await rig.close()
    rig.stores["main"] = SqliteStore.in_memory(clock)
    ours = SqliteStore.in_memory(ManualClock(NOW * 1000))
    for operation, arguments in walk:
        result, error = await outcome(KVNamespace(ours), operation, list(arguments))
        if operation == "clock.advance":
            clock.advance(arguments[0])
            continue
        theirs = await rig.worker.play("", operation, list(arguments))
        expected = untagged(theirs)
        assert agrees(expected, result, error), (operation, arguments, result, error, expected)
    assert await dump(rig.store("main")) == await dump(ours)
    await ours.close()
