"""Whatever is sent, the answer is an envelope or a value, and never a failure of ours."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kvstore import Entry
from tests.worker.rest.asking import Answer
from tests.worker.rest.place import CACHE, KNOWN, Place

METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE"])
SEGMENTS = st.text("/.%2eEfF~é k", max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ITEMS = st.lists(
    st.fixed_dictionaries(
        {"key": st.just("k") | JSON, "value": st.just("dg==") | JSON},
        optional={"base64": JSON, "expiration": JSON, "expiration_ttl": JSON, "metadata": JSON},
    ),
    max_size=3,
)
BODIES = JSON | ITEMS | st.fixed_dictionaries({"keys": JSON, "type": JSON, "withMetadata": JSON})


def asked(method: str, path: str, body: Any) -> Answer:
    """The answer; the namespaces are still there afterwards."""

    async def scene() -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder))
            await place.store(CACHE).put("k", Entry(b"v", None, '{"m":1}'))
            answer = await place.ask(method, path, body)
            listed = (await place.ask("GET", "")).result
            assert {one["id"]: one["title"] for one in listed} == KNOWN
            await place.close()
            return answer

    return asyncio.run(scene())


def check(answer: Answer) -> None:
    assert answer.status < 500
    if answer.headers["content-type"] == "application/json":
        assert answer.envelope["success"] is (answer.status == 200)


@settings(deadline=None)
@given(METHODS, st.sampled_from(["/values/", "/metadata/", "/bulk/", "/keys", "/"]), SEGMENTS)
def test_any_path(method: str, place: str, rest: str) -> None:
    check(asked(method, f"/{CACHE}{place}{rest}", b"v"))


@settings(deadline=None)
@given(st.sampled_from(["/keys", "/values/k"]), st.text("0123456789-+.e%&=xé_", max_size=12), st.data())
def test_any_query(path: str, value: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["limit", "cursor", "prefix", "expiration", "expiration_ttl", "page"]))
    check(asked("PUT" if "values" in path else "GET", f"/{CACHE}{path}?{name}={value}", b"v"))


@settings(deadline=None)
@given(st.sampled_from([("PUT", "/bulk"), ("DELETE", "/bulk"), ("POST", "/bulk/get")]), BODIES)
def test_any_json(call: tuple[str, str], body: Any) -> None:
    check(asked(call[0], f"/{CACHE}{call[1]}", json.dumps(body).encode()))


@settings(deadline=None)
@given(st.binary(max_size=40), st.sampled_from(["", "; boundary=e", "; boundary=", '; boundary="e']))
def test_any_form(body: bytes, boundary: str) -> None:
    async def scene() -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder))
            form = b'--e\r\nContent-Disposition: form-data; name="value"\r\n\r\n' + body
            answer = await place.ask("PUT", f"/{CACHE}/values/k", form, "multipart/form-data" + boundary)
            await place.close()
            return answer

    check(asyncio.run(scene()))
