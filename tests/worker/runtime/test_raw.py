"""Handlers that are functions: they get JavaScript's objects, unless `handler` decorates them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from kvstore import KVNamespace, SqliteStore, SystemClock
from worker.runtime import load_worker
from worker.sdk.http.request import Request

Answer = Callable[[str], str]


@pytest.fixture
def answer(tmp_path: Path) -> Answer:
    def asked(code: str) -> str:
        (tmp_path / "wrangler.toml").write_text(
            'main = "entry.py"\ncompatibility_flags = ["python_workers"]\n'
            '[[kv_namespaces]]\nbinding = "KV"\n[ai]\nbinding = "AI"\n'
        )
        (tmp_path / "entry.py").write_text(code)
        namespace = KVNamespace(SqliteStore.in_memory(SystemClock()))
        worker = load_worker(tmp_path, {"KV": namespace, "AI": "given"})
        request = Request.from_parts("POST", "http://x/", [("host", "x")], b'{"a": 1}')
        parts = asyncio.run(worker.fetch(request))
        assert isinstance(parts.body, bytes)
        return parts.body.decode()

    return asked


def raw(expression: str) -> str:
    return (
        "from js import Response\n"
        "async def on_fetch(request, env):\n"
        f"    return Response.new(str({expression}))\n"
    )


def test_on_fetch_gets_javascript_objects(answer: Answer) -> None:
    types = "[type(x).__name__ for x in (request, env, env.KV)]"
    assert answer(raw(types)) == "['JsProxy', 'JsProxy', 'JsProxy']"


def test_on_fetch_gets_the_body_as_a_javascript_object(answer: Answer) -> None:
    assert answer(raw("(await request.json()).a")) == "1"


def test_on_fetch_gets_null_for_a_missing_key(answer: Answer) -> None:
    assert answer(raw("await env.KV.get('missing')")) == "jsnull"


def test_a_decorated_on_fetch_gets_what_a_class_gets(answer: Answer) -> None:
    code = (
        "from workers import Response, handler\n@handler\nasync def on_fetch(request, env):\n"
        "    return Response(f\"{type(request).__name__} {await env.KV.get('missing')}\")\n"
    )
    assert answer(code) == "Request None"
