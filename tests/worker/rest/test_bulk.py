"""Many entries in one request: all of it, or nothing."""

from pathlib import Path
from typing import Any

import pytest

from kvstore import Entry, StateStore, StoreError
from kvstore.sql.pooled import PooledDatabase
from tests.worker.rest.place import CACHE, KNOWN, NOW, Place
from worker.rest import create_rest_app

pytestmark = pytest.mark.anyio

BULK = f"/{CACHE}/bulk"


def done(count: int) -> dict[str, Any]:
    return {"successful_key_count": count, "unsuccessful_keys": []}


async def test_put_takes_every_member(place: Place) -> None:
    items = [
        {"key": "text", "value": "é\U0001f600", "metadata": {"a": [1.0]}},
        {"key": "binary", "value": "AAH+/w==", "base64": True, "expiration_ttl": 300},
        {"key": "both", "value": "", "expiration": NOW + 99, "expiration_ttl": 60.0, "base64": False},
        {"key": "null", "value": "v", "expiration": None, "metadata": None, "base64": None, "more": 1},
        {"key": "half", "value": "a\ud800b"},
    ]
    assert (await place.ask("PUT", BULK, items)).result == done(5)
    assert await place.dump() == {
        "text": Entry("é\U0001f600".encode(), None, '{"a":[1]}'),
        "binary": Entry(b"\x00\x01\xfe\xff", NOW + 300),
        "both": Entry(b"", NOW + 60),
        "null": Entry(b"v"),
        "half": Entry("a\ufffdb".encode()),
    }


async def test_put_of_a_key_twice_keeps_the_last(place: Place) -> None:
    items = [{"key": "k", "value": value} for value in ("1", "2", "3")]
    assert (await place.ask("PUT", BULK, items)).result == done(3)
    assert await place.dump() == {"k": Entry(b"3")}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_nothing_to_do_is_done(place: Place, method: str) -> None:
    assert (await place.ask(method, BULK, [])).result == done(0)


@pytest.mark.parametrize(("method", "path"), [("DELETE", BULK), ("POST", f"{BULK}/delete")])
async def test_delete_in_both_spellings(place: Place, method: str, path: str) -> None:
    await place.store(CACHE).put_many({name: Entry(b"v") for name in ("a", "b", "c/é")})
    assert (await place.ask(method, path, ["a", "c/é", "never was"])).result == done(3)
    assert list(await place.dump()) == ["b"]


async def test_put_and_delete_take_10000(place: Place) -> None:
    names = [f"k{number:05}" for number in range(10_000)]
    assert (await place.ask("PUT", BULK, [{"key": name, "value": name} for name in names])).result == done(
        10_000
    )
    last = (await place.ask("GET", f"/{CACHE}/keys?prefix=k09990")).result
    assert last == [{"name": "k09990"}]
    assert (await place.ask("DELETE", BULK, names)).result == done(10_000)
    assert await place.dump() == {}


async def test_put_and_delete_in_wranglers_folder(tmp_path: Path) -> None:
    def pooled(namespace: str) -> StateStore:
        return StateStore(tmp_path, namespace, opener=PooledDatabase.open)

    place = Place(tmp_path)
    place.app = create_rest_app(tmp_path, pooled, KNOWN)
    names = [f"k{number:03}" for number in range(250)]
    async with place.app.router.lifespan_context(place.app):
        items = [{"key": name, "value": name} for name in names]
        assert (await place.ask("PUT", BULK, items)).result == done(250)
        found = (await place.ask("POST", f"{BULK}/get", {"keys": [names[0], names[-1]]})).result
        assert found == {"values": {names[0]: names[0], names[-1]: names[-1]}}
        assert (await place.ask("DELETE", BULK, names)).result == done(250)
        assert (await place.ask("GET", f"/{CACHE}/keys")).result == []


async def test_store_that_fails_is_an_error_to_try_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(key: str, entry: Entry) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(place.store(CACHE), "put", broken)
    items = [{"key": str(number), "value": "v"} for number in range(3)]
    answer = await place.ask("PUT", BULK, items)
    assert answer.error == (500, 10001, "service temporarily unavailable: the disk is full")


async def test_get_keeps_every_key_and_says_null_for_a_missing_one(place: Place) -> None:
    await place.store(CACHE).put_many({"1": Entry(b"one"), "b": Entry(b"\xff")})
    found = (await place.ask("POST", f"{BULK}/get", {"keys": ["b", "1", "nope", "1"]})).result
    assert found == {"values": {"b": "\ufffd", "1": "one", "nope": None}}


async def test_get_with_metadata_shows_expirations(place: Place) -> None:
    entries = {"a": Entry(b'{"x":1}', NOW + 60, '{"m":1}'), "b": Entry(b"2")}
    await place.store(CACHE).put_many(entries)
    asked = {"keys": ["a", "b", "nope"], "type": "json", "withMetadata": True}
    assert (await place.ask("POST", f"{BULK}/get", asked)).result == {
        "values": {
            "a": {"value": {"x": 1}, "metadata": {"m": 1}, "expiration": NOW + 60},
            "b": {"value": 2, "metadata": None},
            "nope": None,
        }
    }


async def test_get_takes_100_keys(place: Place) -> None:
    names = [f"{number:0512}" for number in range(100)]
    assert (await place.ask("POST", f"{BULK}/get", {"keys": names})).result == {
        "values": dict.fromkeys(names)
    }
