"""Bad input: each gets the product's error, and changes nothing."""

import json
from typing import Any

import pytest

from kvstore import Entry
from tests.worker.rest.place import ACCOUNT, CACHE, NOBODY, NOW, Place, form

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
VALUE = f"/{CACHE}/values/k"
BULK = f"/{CACHE}/bulk"
LONG = "x" * 513
LONG_TEXT = "UTF-8 encoded length of 513 exceeds key length limit of 512."
ILLEGAL = 'Illegal key name "..". Please use a different name.'
NO_ROUTE = "Could not route to {}, perhaps your object identifier is invalid?"
HERE = f"/client/v4/accounts/{ACCOUNT}/storage/kv/namespaces/{CACHE}"

Refused = tuple[str, str, Any, int, int, str]

PATHS: list[Refused] = [
    ("DELETE", f"/{CACHE}/", b"", 404, 7003, NO_ROUTE.format(HERE + "/")),
    ("PUT", f"/{CACHE}/", {"title": "t"}, 404, 7003, NO_ROUTE.format(HERE + "/")),
    ("GET", f"/{CACHE}/", b"", 404, 7003, NO_ROUTE.format(HERE + "/")),
    ("DELETE", f"/{CACHE}//", b"", 404, 7003, NO_ROUTE.format(HERE + "//")),
    ("DELETE", f"/{CACHE}/values/", b"", 404, 7003, NO_ROUTE.format(HERE + "/values/")),
    ("DELETE", f"/{CACHE}/values/..", b"", 400, 10023, ILLEGAL),
    ("DELETE", f"/{CACHE}/values/%2E%2E", b"", 400, 10023, ILLEGAL),
    ("PUT", f"/{CACHE}/values/%2e%2e", b"v", 400, 10023, ILLEGAL),
    ("GET", f"/{CACHE}/values/.", b"", 400, 10023, ILLEGAL.replace("..", ".", 1)),
    ("GET", f"/{CACHE}/values/a/b", b"", 404, 7003, NO_ROUTE.format(HERE + "/values/a/b")),
    ("GET", f"/{CACHE}/values/%ff", b"", 400, 10023, "Could not URL-decode key name"),
    ("PUT", f"/{CACHE}/values/%zz", b"v", 400, 10023, "Could not URL-decode key name"),
    ("PUT", f"/{CACHE}/values/{LONG}", b"v", 414, 10030, LONG_TEXT),
    ("GET", "/client/v5/accounts", b"", 404, 7003, NO_ROUTE.format("/client/v5/accounts")),
    ("GET", "/client/v4", b"", 404, 7003, NO_ROUTE.format("/client/v4")),
    ("PATCH", f"/{CACHE}", b"", 405, 7001, "PATCH not supported for requested URI."),
    ("POST", VALUE, b"v", 405, 7001, "POST not supported for requested URI."),
    ("GET", f"/{CACHE}/bulk", b"", 405, 7001, "GET not supported for requested URI."),
]
NAMESPACES: list[Refused] = [
    ("GET", "?page=0", b"", 400, 10007, "page argument must be at least 1, not '0'"),
    ("GET", "?page=x", b"", 400, 10007, "page argument must be a whole number, not 'x'"),
    ("GET", "?per_page=4", b"", 400, 10008, "per_page argument must be 5 to 1000, not '4'"),
    ("GET", "?per_page=1001", b"", 400, 10008, "per_page argument must be 5 to 1000, not '1001'"),
    ("GET", "?order=age", b"", 400, 10043, "order argument must be id or title, not 'age'"),
    ("GET", "?direction=up", b"", 400, 10044, "direction argument must be asc or desc, not 'up'"),
    ("POST", "", b"{", 400, 10029, "invalid request body: "),
    ("POST", "", b"\xff", 400, 10029, "invalid request body: not UTF-8 text"),
    ("POST", "", [], 400, 10029, "invalid request body: it must be an object with a title"),
    ("POST", "", {}, 400, 10019, "namespace title is missing"),
    ("POST", "", {"title": ""}, 400, 10019, "namespace title is missing"),
    ("POST", "", {"title": 1}, 400, 10019, "namespace title is missing"),
    ("POST", "", {"title": LONG}, 400, 10019, "namespace title of 513 characters exceeds limit of 512"),
    ("POST", "", {"title": "cache-ns"}, 400, 10014, "a namespace with this account ID and title already"),
    ("POST", "", {"title": "t", "jurisdiction": "mars"}, 400, 10029, "invalid request body: jurisdiction"),
    ("POST", "", b"x" * (MIB + 1), 413, 10024, "Request body of 1048577 bytes exceeds limit of 1048576."),
    ("PUT", f"/{CACHE}", {"title": "other-ns"}, 400, 10014, "a namespace with this account ID and title"),
    ("PUT", f"/{NOBODY}", {"title": "t"}, 404, 10013, "namespace not found"),
    ("DELETE", f"/{NOBODY}", b"", 404, 10013, "namespace not found"),
    ("GET", f"/{NOBODY}", b"", 404, 10013, "get namespace: 'namespace not found'"),
    ("GET", f"/{NOBODY}/keys", b"", 404, 10013, "list keys: 'namespace not found'"),
    ("GET", f"/{NOBODY}/values/k", b"", 404, 10013, "get: 'namespace not found'"),
    ("PUT", f"/{NOBODY}/values/k", b"v", 404, 10013, "put: 'namespace not found'"),
    ("DELETE", f"/{NOBODY}/values/k", b"", 404, 10013, "remove key: 'namespace not found'"),
    ("POST", f"/{NOBODY}/bulk/get", {"keys": ["k"]}, 404, 10013, "bulk get keys: 'namespace not found'"),
    ("GET", "/short/keys", b"", 400, 10011, "could not parse UUID from request's namespace_id: 'uuid: "),
    ("DELETE", "/" + "z" * 32, b"", 400, 10011, "could not parse UUID from request's namespace_id: 'invalid"),
]
KEYS: list[Refused] = [
    ("GET", f"/{CACHE}/keys?limit=9", b"", 400, 10028, "limit argument must be at least 10"),
    ("GET", f"/{CACHE}/keys?limit=-1", b"", 400, 10028, "limit argument must be at least 10"),
    ("GET", f"/{CACHE}/keys?limit=1001", b"", 400, 10028, "limit argument must be at most 1000"),
    ("GET", f"/{CACHE}/keys?limit=ten", b"", 400, 10028, "limit argument must be a whole number"),
    ("GET", f"/{CACHE}/keys?cursor=!", b"", 400, 10041, "invalid list keys cursor"),
    ("GET", f"/{CACHE}/keys?cursor=%FF", b"", 400, 10041, "invalid list keys cursor"),
    ("GET", f"/{CACHE}/keys?prefix={LONG}", b"", 414, 10030, LONG_TEXT),
    ("GET", f"/{CACHE}/values/nope", b"", 404, 10009, "get: 'key not found'"),
    ("GET", f"/{CACHE}/metadata/nope", b"", 404, 10009, "metadata: 'key not found'"),
]
VALUES: list[Refused] = [
    (
        "PUT",
        VALUE + "?expiration_ttl=59",
        b"v",
        400,
        10034,
        "Invalid expiration_ttl of 59. Expiration TTL must",
    ),
    (
        "PUT",
        VALUE + "?expiration_ttl=0",
        b"v",
        400,
        10034,
        "Invalid expiration_ttl of 0. Please specify integer",
    ),
    ("PUT", VALUE + "?expiration_ttl=1m", b"v", 400, 10034, "Invalid expiration_ttl of 1m. Please specify"),
    ("PUT", VALUE + "?expiration=1", b"v", 400, 10033, "Invalid expiration of 1. Please specify integer"),
    ("PUT", VALUE + f"?expiration={NOW + 59}", b"v", 400, 10033, "Invalid expiration of "),
    ("PUT", VALUE + "?expiration=soon", b"v", 400, 10033, "Invalid expiration of soon. Please specify"),
    ("PUT", VALUE, b"x" * (25 * MIB + 1), 413, 10024, "Value length of 26214401 exceeds limit of 26214400."),
]
PUTS: list[Refused] = [
    ("PUT", BULK, b"[", 400, 10029, "invalid request body: "),
    (
        "PUT",
        BULK,
        {"key": "k", "value": "v"},
        400,
        10029,
        "invalid request body: it must be an array of key-value",
    ),
    (
        "PUT",
        BULK,
        [{"key": "n", "value": "v"}, 1],
        400,
        10029,
        "invalid request body: item 1 must be an object",
    ),
    ("PUT", BULK, [{"value": "v"}], 400, 10029, "invalid request body: item 0: key must be text"),
    (
        "PUT",
        BULK,
        [{"key": "k", "value": {}}],
        400,
        10029,
        "invalid request body: item 0: value must be text",
    ),
    ("PUT", BULK, [{"key": "", "value": "v"}], 400, 10023, "Key names must not be empty"),
    ("PUT", BULK, [{"key": "..", "value": "v"}], 400, 10023, ILLEGAL),
    ("PUT", BULK, [{"key": "\ud800", "value": "v"}], 400, 10023, "Could not URL-decode key name"),
    ("PUT", BULK, [{"key": LONG, "value": "v"}], 414, 10030, LONG_TEXT),
    (
        "PUT",
        BULK,
        [{"key": "n", "value": "v", "base64": 1}],
        400,
        10029,
        "invalid request body: item 0: base64",
    ),
    (
        "PUT",
        BULK,
        [{"key": "n", "value": "?", "base64": True}],
        400,
        10012,
        "malformed value: item 0 is not base64",
    ),
    (
        "PUT",
        BULK,
        [{"key": "n", "value": "v", "expiration_ttl": "60"}],
        400,
        10034,
        'Invalid expiration_ttl of "60".',
    ),
    ("PUT", BULK, [{"key": "n", "value": "v", "expiration": 1.5}], 400, 10033, "Invalid expiration of 1.5."),
    ("PUT", BULK, b'[{"key":"n","value":"v","expiration":1e999}]', 400, 10033, "Invalid expiration of "),
    (
        "PUT",
        BULK,
        [{"key": "n", "value": "v", "expiration_ttl": 10**15}],
        400,
        10034,
        "Invalid expiration_ttl",
    ),
    (
        "PUT",
        BULK,
        [{"key": "n", "value": "v"}, {"key": "k", "value": "v", "expiration_ttl": 1}],
        400,
        10034,
        "Invalid",
    ),
    (
        "PUT",
        BULK,
        [{"key": "n", "value": "v", "metadata": "m" * 1023}],
        413,
        10047,
        "Metadata length of 1025 exceeds",
    ),
    (
        "PUT",
        BULK,
        [{"key": "n", "value": "v"}] * 10_001,
        400,
        10020,
        "a bulk request takes at most 10000 key-value",
    ),
    (
        "PUT",
        BULK,
        b" " * 100_000_001,
        413,
        10024,
        "Request body of 100000001 bytes exceeds limit of 100000000.",
    ),
]
OTHER_BULK: list[Refused] = [
    ("DELETE", BULK, b"", 400, 10029, "invalid request body: "),
    ("DELETE", BULK, ["k", 1], 400, 10029, "invalid request body: item 1 must be a key"),
    ("DELETE", BULK, ["k", ".."], 400, 10023, ILLEGAL),
    (
        "POST",
        BULK + "/delete",
        ["k"] * 10_001,
        400,
        10020,
        "a bulk request takes at most 10000 keys, not 10001",
    ),
    (
        "POST",
        BULK + "/delete",
        {"keys": ["k"]},
        400,
        10029,
        "invalid request body: it must be an array of keys",
    ),
    ("POST", BULK + "/get", ["k"], 400, 10029, "invalid request body: it must be an object with keys"),
    (
        "POST",
        BULK + "/get",
        {"keys": [1]},
        400,
        10029,
        "invalid request body: it must be an object with keys",
    ),
    ("POST", BULK + "/get", {"keys": []}, 400, 10029, "You must request a minimum of 1 key"),
    ("POST", BULK + "/get", {"keys": ["k"] * 101}, 400, 10020, "You can request a maximum of 100 keys"),
    (
        "POST",
        BULK + "/get",
        {"keys": ["k"], "type": "blob"},
        400,
        10029,
        '"blob" is not a valid type. Use "json"',
    ),
    ("POST", BULK + "/get", {"keys": ["k"], "type": 1}, 400, 10029, "invalid request body: type must be"),
    (
        "POST",
        BULK + "/get",
        {"keys": ["k"], "withMetadata": 1},
        400,
        10029,
        "invalid request body: type must be",
    ),
    (
        "POST",
        BULK + "/get",
        {"keys": ["k"], "type": "json"},
        400,
        10012,
        "At least one of the requested keys",
    ),
    ("POST", BULK + "/get", {"keys": [".."]}, 400, 10023, ILLEGAL),
]
REFUSED = [*PATHS, *NAMESPACES, *KEYS, *VALUES, *PUTS, *OTHER_BULK]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "text"),
    REFUSED,
    ids=[f"{index}-{one[0]}-{one[4]}" for index, one in enumerate(REFUSED)],
)
async def test_refuse(
    place: Place, method: str, path: str, body: Any, status: int, code: int, text: str
) -> None:
    await place.store(CACHE).put("k", Entry(b"kept", NOW + 600, '{"m":1}'))
    before = await place.dump()
    error = (await place.ask(method, path, body)).error
    assert error[:2] == (status, code), error
    assert error[2].startswith(text)
    assert await place.dump() == before
    listed = (await place.ask("GET", "?order=title")).result
    assert [one["title"] for one in listed] == ["cache-ns", "other-ns"]
    assert not place.folder.exists()


EDGELESS = "multipart/form-data"
FORMS: list[tuple[bytes, str, int, int, str]] = [
    (
        *form(("metadata", b"{}")),
        400,
        10012,
        "malformed value: multipart put request does not contain required",
    ),
    (*form(("value", b"v"), ("metadata", b"{")), 400, 10047, "invalid metadata: "),
    (*form(("value", b"v"), ("metadata", b"\xff")), 400, 10047, "invalid metadata: not UTF-8 text"),
    (
        *form(("value", b"v"), ("metadata", b'"%s"' % (b"m" * 1023))),
        413,
        10047,
        "Metadata length of 1025 exceeds",
    ),
    (
        *form(("value", b"x" * (25 * MIB + 1))),
        413,
        10024,
        "Value length of 26214401 exceeds limit of 26214400.",
    ),
    (*form(("value", b"x" * (26 * MIB))), 413, 10024, "Request body of "),
    (form(("value", b"v"))[0], EDGELESS, 400, 10012, "malformed value: multipart request without a boundary"),
    (
        form(("value", b"v"))[0],
        EDGELESS + "; boundary=other",
        400,
        10012,
        "malformed value: not a multipart form",
    ),
    (
        form(("value", b"v"))[0][:-12],
        EDGELESS + "; boundary=edge",
        400,
        10012,
        "malformed value: multipart form wi",
    ),
    (b"", EDGELESS + "; boundary=edge", 400, 10012, "malformed value: multipart form without an end"),
    (*form(*[("value", b"v")] * 1001), 400, 10012, "malformed value: not a multipart form: more than 1000"),
]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code", "text"), FORMS, ids=[str(index) for index in range(len(FORMS))]
)
async def test_refuse_a_form(place: Place, body: bytes, kind: str, status: int, code: int, text: str) -> None:
    await place.store(CACHE).put("k", Entry(b"kept"))
    error = (await place.ask("PUT", VALUE, body, kind)).error
    assert (error[:2], error[2][: len(text)]) == ((status, code), text)
    assert await place.dump() == {"k": Entry(b"kept")}


async def test_refuse_a_bulk_get_of_more_than_25_mib(place: Place) -> None:
    for name in ("a", "b"):
        await place.store(CACHE).put(name, Entry(b"x" * (13 * MIB)))
    answer = await place.ask("POST", BULK + "/get", {"keys": ["a", "b"]})
    assert answer.error == (413, 10024, "Total size of request exceeds the limit of 25MB")


async def test_every_refusal_has_the_whole_envelope(place: Place) -> None:
    answer = await place.ask("GET", f"/{CACHE}/values/nope")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body) == {
        "success": False,
        "errors": [{"code": 10009, "message": "get: 'key not found'"}],
        "messages": [],
        "result": None,
    }
