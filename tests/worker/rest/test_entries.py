"""Single entries over REST: what comes back is what went in."""

import json

import pytest

from kvstore import Entry
from tests.worker.rest.place import CACHE, NOW, Place, form

pytestmark = pytest.mark.anyio

VALUES = f"/{CACHE}/values/"
MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("a%2Fb%3Ac%252Fd%20%C3%A9%3F%23%26%3D%2B%20%3B%40%2C~!'()*", "a/b:c%2Fd é?#&=+ ;@,~!'()*"),
        ("a%2Fb:c%252Fd%20%C3%A9%3F%23&=+%20;@,~!'()*", "a/b:c%2Fd é?#&=+ ;@,~!'()*"),
        ("%E6%97%A5%F0%9F%98%80", "日\U0001f600"),
        ("日", "日"),
        ("%00%0A%7F", "\0\n\x7f"),
        ("...", "..."),
        ("%2E%2E%2F..", "../.."),
        ("a%5Cb", "a\\b"),
        ("%2F", "/"),
        ("x" * 512, "x" * 512),
    ],
)
async def test_key_is_decoded_once(place: Place, sent: str, key: str) -> None:
    assert (await place.ask("PUT", VALUES + sent, b"v", "text/plain")).result == {}
    assert await place.dump() == {key: Entry(b"v")}
    assert (await place.ask("GET", VALUES + sent)).body == b"v"
    assert (await place.ask("GET", f"/{CACHE}/metadata/{sent}")).result is None
    assert (await place.ask("DELETE", VALUES + sent)).result == {}
    assert await place.dump() == {}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain;charset=UTF-8",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/mixed",
    ],
)
@pytest.mark.parametrize("body", [b"", b'{"value":"v","metadata":{}}', b"\x00\xff\r\n"])
async def test_body_that_is_no_form_is_the_value(place: Place, content_type: str, body: bytes) -> None:
    await place.ask("PUT", VALUES + "k", body, content_type)
    assert await place.dump() == {"k": Entry(body)}


@pytest.mark.parametrize("end", [b"\r\n", b"", b"\r\nepilogue"], ids=["undici 7", "undici 5", "epilogue"])
@pytest.mark.parametrize("value", [b"", b"v", b"\x00\xff\r\n--edg", b"x" * 25 * MIB], ids=len)
async def test_form_has_the_value_and_the_metadata(place: Place, value: bytes, end: bytes) -> None:
    body, kind = form(("value", value), ("metadata", b'{"a": [1.0, "\\u00e9"]}'))
    await place.ask("PUT", VALUES + "k", body.removesuffix(b"\r\n") + end, kind)
    assert await place.dump() == {"k": Entry(value, None, '{"a":[1,"é"]}')}


async def test_form_takes_files_whose_names_are_quoted(place: Place) -> None:
    named = b'CONTENT-DISPOSITION: form-data; filename="a\\"; x"; name=value'
    body = b"--e\r\ncontent-type: text/plain\r\n" + named + b"\r\n\r\nv\r\n--e--\r\n"
    assert (await place.ask("PUT", VALUES + "k", body, 'Multipart/Form-Data; boundary="e"')).result == {}
    assert await place.dump() == {"k": Entry(b"v")}


@pytest.mark.parametrize("metadata", [b"", b" ", b"null"])
async def test_empty_metadata_is_none(place: Place, metadata: bytes) -> None:
    await place.ask("PUT", VALUES + "k", *form(("value", b"v"), ("metadata", metadata)))
    assert await place.dump() == {"k": Entry(b"v")}


@pytest.mark.parametrize("metadata", ["0", "false", '""', "[]", "{}", '"\\ud800"', '{"1":2,"a":null}'])
async def test_metadata_is_any_json(place: Place, metadata: str) -> None:
    await place.ask("PUT", VALUES + "k", *form(("value", b"v"), ("metadata", metadata.encode())))
    assert (await place.ask("GET", f"/{CACHE}/metadata/k")).result == json.loads(metadata)
    listed = (await place.ask("GET", f"/{CACHE}/keys")).result
    assert listed == [{"name": "k", "metadata": json.loads(metadata)}]


async def test_deeply_nested_metadata_is_kept(place: Place) -> None:
    deep = b"[" * 500 + b"]" * 500
    await place.ask("PUT", VALUES + "k", *form(("value", b"v"), ("metadata", deep)))
    answer = await place.ask("GET", f"/{CACHE}/metadata/k")
    assert b'"result":' + deep in answer.body


async def test_nested_fields_are_metadata(place: Place) -> None:
    fields = (
        ("value", b"v"),
        ("metadata[a]", b"1"),
        ("metadata[b][c][]", b"2"),
        ("metadata[b][c][]", b"3"),
        ("metadata[a][x]", b"contradicts a"),
        ("metadata[d][][e]", b"4"),
        ("metadatas[f]", b"5"),
    )
    await place.ask("PUT", VALUES + "k", *form(*fields))
    stored = (await place.dump())["k"].metadata
    assert stored is not None
    assert json.loads(stored) == {"a": "1", "x": "contradicts a", "b": {"c": ["2", "3"]}, "d": [{"e": "4"}]}


async def test_expiration_is_kept_shown_and_happens(place: Place) -> None:
    await place.ask("PUT", VALUES + "ttl?expiration_ttl=60", b"v")
    await place.ask("PUT", VALUES + f"both?expiration={NOW + 999}&expiration_ttl=300", b"v")
    await place.ask("PUT", VALUES + "far?expiration=99999999999", b"v")
    await place.ask("PUT", VALUES + "never?expiration=&expiration_ttl=", b"v")
    listed = (await place.ask("GET", f"/{CACHE}/keys")).result
    assert {one["name"]: one.get("expiration") for one in listed} == {
        "both": NOW + 300,
        "far": 99999999999,
        "never": None,
        "ttl": NOW + 60,
    }
    answer = await place.ask("GET", VALUES + "ttl")
    assert answer.headers == {
        "expiration": str(NOW + 60),
        "content-length": "1",
        "content-type": "application/octet-stream",
        "x-content-type-options": "nosniff",
    }
    place.clock.set((NOW + 60) * 1000)
    assert (await place.ask("GET", VALUES + "ttl")).error == (404, 10009, "get: 'key not found'")
    assert "expiration" not in (await place.ask("GET", VALUES + "never")).headers


async def test_keys_come_in_pages_until_the_cursor_is_empty(place: Place) -> None:
    names = [f"p/{number:04} é" for number in range(25)]
    for name in ("a", *names, "q"):
        await place.store(CACHE).put(name, Entry(b"v"))
    found, cursor = [], ""
    for count in (10, 10, 5):
        answer = (await place.ask("GET", f"/{CACHE}/keys?limit=10&prefix=p%2F&cursor={cursor}")).envelope
        found += [one["name"] for one in answer["result"]]
        cursor = answer["result_info"]["cursor"].replace("+", "%2B")
        assert answer["result_info"]["count"] == count
    assert (found, cursor) == (names, "")
    spaces = (await place.ask("GET", f"/{CACHE}/keys?prefix=p/0001+%C3%A9")).result
    assert spaces == [{"name": "p/0001 é"}]


async def test_list_page_holds_1000_keys(place: Place) -> None:
    await place.store(CACHE).put_many({f"{number:04}": Entry(b"v") for number in range(1001)})
    answer = (await place.ask("GET", f"/{CACHE}/keys?prefix=")).envelope
    assert (len(answer["result"]), answer["result_info"]["count"]) == (1000, 1000)
    rest = (await place.ask("GET", f"/{CACHE}/keys?cursor={answer['result_info']['cursor']}")).result
    assert rest == [{"name": "1000"}]
