"""The wire without workerd: requests as workerd sends them, and answers down to the status text."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from kvstore import Entry, KVNamespace, ManualClock, Page, SqliteStore, Store, StoreError
from kvstore.messages import refused
from worker.kvwire import StatusTextProtocol, create_kv_app
from worker.serving import bind, serve

pytestmark = pytest.mark.anyio

NOW = 1_700_000_000


class Namespaces:
    """Stores by namespace id, each empty when it is first asked for."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW * 1000)
        self.stores: dict[str, SqliteStore] = {}

    def __call__(self, namespace: str) -> Store:
        return self.stores.setdefault(namespace, SqliteStore.in_memory(self.clock))

    async def clear(self) -> None:
        for store in self.stores.values():
            await store.close()
        self.stores.clear()


class Wire:
    """Sends request targets as they are: nothing is encoded or normalised on the way."""

    def __init__(self, client: httpx.AsyncClient, namespaces: Namespaces) -> None:
        self.client = client
        self.namespaces = namespaces

    async def send(self, method: str, target: str, **options: Any) -> httpx.Response:
        headers = {b"X-KV-Namespace": b"ns"} | options.pop("headers", {})
        return await self.client.request(
            method, "/", headers=headers, extensions={"target": target.encode()}, **options
        )

    async def refusal(self, method: str, target: str, **options: Any) -> str:
        """Status and status text, as they become the message of an error."""
        response = await self.send(method, target, **options)
        assert response.status_code >= 400
        return f"{response.status_code} {response.extensions['reason_phrase'].decode()}"


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Wire]:
    namespaces = Namespaces()
    listener = bind("127.0.0.1", 0)
    async with (
        serve(create_kv_app(namespaces), listener, StatusTextProtocol) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        yield Wire(client, namespaces)


@pytest.fixture
async def wire(server: Wire) -> AsyncIterator[Wire]:
    yield server
    await server.namespaces.clear()


async def test_get_of_a_missing_key_is_404(wire: Wire) -> None:
    response = await wire.send("GET", "/k?urlencoded=true")
    assert (response.status_code, response.reason_phrase) == (404, "Not Found")


async def test_put_then_get_gives_the_bytes_metadata_and_expiration(wire: Wire) -> None:
    metadata = '{"a":"é日本😀\x7f","b":[1,null]}'.encode()
    put = await wire.send(
        "PUT",
        "/k?urlencoded=true&expiration_ttl=60",
        content=b"\x00\xff",
        headers={b"CF-KV-Metadata": metadata},
    )
    assert (put.status_code, put.content) == (200, b"")
    got = await wire.send("GET", "/k?urlencoded=true")
    assert got.content == b"\x00\xff"
    headers = dict(got.headers.raw)
    assert headers[b"cf-kv-metadata"] == metadata
    assert headers[b"cf-expiration"] == b"%d" % (NOW + 60)


async def test_put_without_metadata_clears_it(wire: Wire) -> None:
    await wire.send("PUT", "/k", content=b"1", headers={b"CF-KV-Metadata": b"0"})
    await wire.send("PUT", "/k", content=b"2")
    got = await wire.send("GET", "/k")
    assert got.content == b"2"
    assert "cf-kv-metadata" not in got.headers


async def test_get_writes_metadata_that_another_program_wrote_on_many_lines_on_one(wire: Wire) -> None:
    await wire.namespaces("ns").put("k", Entry(b"v", None, '{\n  "a": "x\\ny"\n}'))
    assert (await wire.send("GET", "/k")).headers["cf-kv-metadata"] == r'{"a":"x\ny"}'


async def test_delete_removes_and_does_not_mind_a_missing_key(wire: Wire) -> None:
    await wire.send("PUT", "/k", content=b"v")
    assert (await wire.send("DELETE", "/k?urlencoded=true")).status_code == 200
    assert (await wire.send("GET", "/k")).status_code == 404
    assert (await wire.send("DELETE", "/k?urlencoded=true")).status_code == 200


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/a%20b%2F%E6%97%A5%2541%3F%23&+%C3%A9?urlencoded=true", "a b/日%41?#&+é"),
        ("/%00%0A%7F~*'()!-_.;:@=+$,?urlencoded=true", "\x00\n\x7f~*'()!-_.;:@=+$,"),
        ("/%2F?urlencoded=TRUE", "/"),
        ("/...?urlencoded=true", "..."),
        ("/a%2F..%2Fb?urlencoded=true", "a/../b"),
        ("/a/../b?urlencoded=true", "a/../b"),
        ("//?urlencoded=true", "/"),
        ("/bulk%2Fget?urlencoded=true", "bulk/get"),
        ("/%F0%9F%98%80?urlencoded=true", "😀"),
        ("/a%20b", "a%20b"),
        ("/a%20b?urlencoded=false", "a%20b"),
    ],
)
async def test_the_key_is_what_follows_the_first_slash(wire: Wire, target: str, key: str) -> None:
    await wire.send("PUT", target, content=b"v")
    assert await KVNamespace(wire.namespaces("ns")).get(key) == "v"
    assert (await wire.send("GET", target)).content == b"v"
    await wire.send("DELETE", target)
    assert await KVNamespace(wire.namespaces("ns")).get(key) is None


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("a%ED%A0%80b", "400 Could not URL-decode key name"),
        ("%FF", "400 Could not URL-decode key name"),
        ("%zz", "400 Could not URL-decode key name"),
        ("%", "400 Could not URL-decode key name"),
        ("..", '400 Illegal key name "..". Please use a different name.'),
        ("%2E", '400 Illegal key name ".". Please use a different name.'),
        ("%C3%A9" * 257, "414 UTF-8 encoded length of 514 exceeds key length limit of 512."),
    ],
)
async def test_wire_refuses_an_invalid_key(wire: Wire, method: str, path: str, refusal: str) -> None:
    assert await wire.refusal(method, f"/{path}?urlencoded=true") == refusal


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_the_empty_key_is_refused(wire: Wire, method: str) -> None:
    assert await wire.refusal(method, "/?urlencoded=true") == "400 Key names must not be empty"


@pytest.mark.parametrize("ttl", [29, 0, -5])
async def test_get_refuses_a_short_cache_ttl(wire: Wire, ttl: int) -> None:
    expected = f"400 Invalid cache_ttl of {ttl}. Cache TTL must be at least 30."
    assert await wire.refusal("GET", f"/k?urlencoded=true&cache_ttl={ttl}") == expected


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ("expiration_ttl=0", "Invalid expiration_ttl of 0. Please specify integer greater than 0."),
        ("expiration_ttl=59", "Invalid expiration_ttl of 59. Expiration TTL must be at least 60."),
        (
            f"expiration={NOW}",
            f"Invalid expiration of {NOW}. Please specify integer greater than the current number of "
            "seconds since the UNIX epoch.",
        ),
        (
            f"expiration={NOW + 59}",
            f"Invalid expiration of {NOW + 59}. Expiration times must be at least 60 seconds in the future.",
        ),
        (
            f"expiration={NOW + 100}&expiration_ttl=1",
            "Invalid expiration_ttl of 1. Expiration TTL must be at least 60.",
        ),
        ("expiration=soon", "Invalid expiration of soon. Please specify an integer."),
        ("expiration=99999999999999999999", "Invalid expiration of 99999999999999999999. "),
    ],
)
async def test_put_refuses_an_expiration(wire: Wire, query: str, refusal: str) -> None:
    assert (await wire.refusal("PUT", f"/k?urlencoded=true&{query}")).startswith(f"400 {refusal}")
    assert (await wire.send("GET", "/k")).status_code == 404


async def test_put_refuses_large_metadata_and_names_its_size(wire: Wire) -> None:
    headers = {b"CF-KV-Metadata": json.dumps("x" * 200_000).encode()}
    expected = "413 Metadata length of 200002 exceeds limit of 1024."
    assert await wire.refusal("PUT", "/k", content=b"v", headers=headers) == expected


async def test_put_refuses_metadata_that_is_no_json(wire: Wire) -> None:
    headers = {b"CF-KV-Metadata": b"undefined"}  # what workerd sends for a function
    assert await wire.refusal("PUT", "/k", content=b"v", headers=headers) == "500 Internal Server Error"


async def test_put_refuses_a_large_value_and_keeps_the_old_one(wire: Wire) -> None:
    await wire.send("PUT", "/k", content=b"old")
    expected = "413 Value length of 26214401 exceeds limit of 26214400."
    assert await wire.refusal("PUT", "/k", content=bytes(26_214_401)) == expected
    assert (await wire.send("GET", "/k")).content == b"old"


async def test_put_takes_a_value_in_chunks(wire: Wire) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    await wire.send("PUT", "/k", content=chunks())
    assert (await wire.send("GET", "/k")).content == b"ab"


async def test_list_shows_keys_with_metadata_as_text(wire: Wire) -> None:
    kv = KVNamespace(wire.namespaces("ns"))
    await kv.put("b", "v", {"metadata": {"m": None}, "expirationTtl": 100})
    await kv.put("a", "v")
    assert (await wire.send("GET", "/")).json() == {
        "keys": [{"name": "a"}, {"name": "b", "expiration": NOW + 100, "metadata": '{"m":null}'}],
        "list_complete": True,
        "cacheStatus": None,
    }


async def test_list_goes_on_at_the_cursor(wire: Wire) -> None:
    kv = KVNamespace(wire.namespaces("ns"))
    for name in ("p 1", "p 2", "p 3", "q"):
        await kv.put(name, "v")
    first = (await wire.send("GET", "/?key_count_limit=2&prefix=p+")).json()
    assert [key["name"] for key in first["keys"]] == ["p 1", "p 2"]
    assert not first["list_complete"]
    rest = (await wire.send("GET", f"/?prefix=p%20&cursor={first['cursor']}")).json()
    assert [key["name"] for key in rest["keys"]] == ["p 3"]
    assert rest["list_complete"]
    assert "cursor" not in rest


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        (
            "key_count_limit=1001",
            "400 Invalid key_count_limit of 1001. Please specify an integer less than 1000.",
        ),
        ("key_count_limit=0", "400 Invalid key_count_limit of 0. Please specify an integer greater than 0."),
        ("key_count_limit=x", "400 Invalid key_count_limit of x. Please specify an integer."),
        ("prefix=" + "p" * 513, "414 UTF-8 encoded length of 513 exceeds key length limit of 512."),
    ],
)
async def test_list_refuses(wire: Wire, query: str, refusal: str) -> None:
    assert await wire.refusal("GET", f"/?{query}") == refusal


async def bulk(wire: Wire, **body: Any) -> Any:
    return (await wire.send("POST", "/bulk/get", content=json.dumps(body))).json()


async def test_bulk_get_gives_values_in_request_order(wire: Wire) -> None:
    kv = KVNamespace(wire.namespaces("ns"))
    await kv.put("j", '{"a":[1e21,"é"]}', {"metadata": 5})
    await kv.put("1", "0")
    assert list((await bulk(wire, keys=["j", "none", "j"])).items()) == [
        ("j", '{"a":[1e21,"é"]}'),
        ("none", None),
    ]
    assert await bulk(wire, keys=["j", "1"], type="json", cacheTtl="30") == {"j": {"a": [1e21, "é"]}, "1": 0}
    described = await bulk(wire, keys=["j", "none"], type="json", withMetadata=True)
    assert described == {"j": {"value": {"a": [1e21, "é"]}, "metadata": 5}, "none": None}


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"keys": ["a"], "type": "stream"}, '400 "stream" is not a valid type. Use "json" or "text"'),
        ({"keys": ["a"], "type": "☃"}, '400 "☃" is not a valid type. Use "json" or "text"'),
        ({"keys": ["a"], "type": "te\nxt"}, "500 Internal Server Error"),
        ({"keys": ["a"] * 101}, "400 You can request a maximum of 100 keys"),
        ({"keys": []}, "400 You must request a minimum of 1 key"),
        ({"keys": ["a", ""]}, "400 Key names must not be empty"),
        ({"keys": [".."]}, '400 Illegal key name "..". Please use a different name.'),
        ({"keys": ["k" * 513]}, "414 UTF-8 encoded length of 513 exceeds key length limit of 512."),
        ({"keys": ["\ud800"]}, "400 Could not URL-decode key name"),
        (
            {"keys": ["a"], "cacheTtl": "29"},
            "400 Invalid cache_ttl of 29. Cache TTL must be at least 30.",
        ),
        ({"keys": ["a"], "cacheTtl": "x"}, "400 Invalid cache_ttl of x. Please specify an integer."),
        (
            {"keys": ["text"], "type": "json"},
            "400 At least one of the requested keys corresponds to a non-json value",
        ),
        (
            {"keys": ["text", ""], "type": "json"},
            "400 At least one of the requested keys corresponds to a non-json value",
        ),
        ({"keys": ["a", 1]}, '400 The body must have "keys", an array of strings'),
        ([], '400 The body must have "keys", an array of strings'),
    ],
)
async def test_bulk_get_refuses(wire: Wire, body: Any, refusal: str) -> None:
    await KVNamespace(wire.namespaces("ns")).put("text", "no json")
    assert await wire.refusal("POST", "/bulk/get", content=json.dumps(body)) == refusal


async def test_bulk_get_refuses_a_body_that_is_no_json(wire: Wire) -> None:
    assert (await wire.refusal("POST", "/bulk/get", content=b"{")).startswith("400 The body is not JSON: ")


@pytest.mark.parametrize(
    ("method", "target"), [("POST", "/k"), ("PATCH", "/k"), ("OPTIONS", "/"), ("HEAD", "/k")]
)
async def test_other_methods_are_405(wire: Wire, method: str, target: str) -> None:
    assert await wire.refusal(method, target) == f"405 The KV protocol has no {method} {target}"


async def test_a_request_must_name_a_namespace(wire: Wire) -> None:
    expected = "400 The header X-KV-Namespace must name a namespace"
    assert await wire.refusal("GET", "/k", headers={b"X-KV-Namespace": b""}) == expected


async def test_namespaces_are_isolated_whatever_their_ids(wire: Wire) -> None:
    snowman = {b"X-KV-Namespace": "☃".encode()}
    await wire.send("PUT", "/k", content=b"v", headers=snowman)
    assert (await wire.send("GET", "/k")).status_code == 404
    assert (await wire.send("GET", "/k", headers=snowman)).content == b"v"
    assert sorted(wire.namespaces.stores) == ["ns", "☃"]


class Broken(SqliteStore):
    """A store that fails as a disk does, or as a layer that refuses."""

    error: Exception = StoreError("cannot write to\n/state/x.sqlite: disk I/O error")

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        raise self.error


async def test_a_store_that_fails_is_500_with_its_words(wire: Wire) -> None:
    wire.namespaces.stores["ns"] = Broken.in_memory()
    expected = "500 cannot write to /state/x.sqlite: disk I/O error"
    assert await wire.refusal("GET", "/") == expected


async def test_a_layer_that_refuses_is_answered_with_its_status(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.namespaces.stores["ns"] = Broken.in_memory()
    monkeypatch.setattr(Broken, "error", refused("GET", 429, "Too Many Requests"))
    assert await wire.refusal("GET", "/") == "429 Too Many Requests"
