"""Static assets: what wrangler 4.86 answered for the same folder, asked request by request."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from worker.assets import Assets, AssetsFetcher, AssetsFirst
from worker.config import AssetsConfig

FILES = {
    "index.html": "home",
    "about.html": "about",
    "docs/index.html": "docs",
    "both.html": "both",
    "both/index.html": "folder",
    "404.html": "lost",
    "a.css": "body{}",
    "d.json": "{}",
    "api/public.txt": "public",
    "api/private.txt": "private",
    "sp ace.bin": "\1",
    "_headers": "/*",
}
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def asked(path: str, method: str = "GET", headers: Any = None, **options: Any) -> tuple[int, str, str]:
        app = AssetsFirst(
            Assets(AssetsConfig(".", **options), tmp_path), PlainTextResponse("worker"), "2025-05-01"
        )

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
                return await client.request(method, httpx.URL(f"http://x{path}"), headers=headers)

        answer = asyncio.run(send())
        return answer.status_code, answer.headers.get("location", ""), answer.text

    return asked


@pytest.mark.parametrize(
    ("path", "status", "rest"),
    [
        ("/", 200, "home"),
        ("/index.html", 307, "/"),
        ("/index", 307, "/"),
        ("/about", 200, "about"),
        ("/about.html?x=1", 307, "/about?x=1"),
        ("/about/", 307, "/about"),
        ("/docs", 307, "/docs/"),
        ("/docs/", 200, "docs"),
        ("/docs/index", 307, "/docs/"),
        ("/both", 200, "both"),
        ("/both/", 200, "folder"),
        ("/both.html", 307, "/both"),
        ("/both/index.html", 307, "/both/"),
        ("/a.css", 200, "body{}"),
        ("/sp%20ace.bin", 200, "\1"),
        ("/nothing", 200, "worker"),
        ("/_headers", 200, "worker"),
        ("/%2e%2e/%2e%2e/etc/passwd", 200, "worker"),
    ],
)
def test_a_path_is_a_page_a_file_a_redirect_or_the_workers(
    ask: Ask, path: str, status: int, rest: str
) -> None:
    answered, location, text = ask(path)
    assert (answered, location or text) == (status, rest)


def test_another_method_is_refused_where_there_is_an_asset(ask: Ask) -> None:
    assert ask("/", "POST")[0] == 405
    assert ask("/nothing", "POST")[2] == "worker"


def test_not_found_handling_serves_a_page_to_navigations(ask: Ask) -> None:
    there = {"Sec-Fetch-Mode": "navigate"}
    assert ask("/x/y", headers=there, not_found_handling="404-page") == (404, "", "lost")
    assert ask("/x/y", headers=there, not_found_handling="single-page-application") == (200, "", "home")
    assert ask("/x/y", not_found_handling="404-page")[2] == "worker"


def test_patterns_say_what_the_worker_is_asked_first(ask: Ask) -> None:
    first = {"run_worker_first": ("/api/*", "!/api/public.txt"), "not_found_handling": "404-page"}
    assert ask("/api/private.txt", **first)[2] == "worker"
    assert ask("/api/public.txt", **first)[2] == "public"
    assert ask("/nothing", **first) == (404, "", "lost")
    assert ask("/a.css", run_worker_first=True)[2] == "worker"


def test_a_known_asset_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    assets = Assets(AssetsConfig("."), tmp_path)
    first = assets.answer("GET", "/a.txt", "", [])
    headers = dict(first.headers)
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["cache-control"] == "public, max-age=0, must-revalidate"
    again = assets.answer("GET", "/a.txt", "", [("if-none-match", headers["etag"])])
    assert (again.status, again.body) == (304, b"")


def test_the_binding_answers_as_the_folder_does(tmp_path: Path) -> None:
    (tmp_path / "about.html").write_text("about")
    fetcher = AssetsFetcher(Assets(AssetsConfig("."), tmp_path))

    async def read(path: str, redirect: str) -> tuple[int, str]:
        answer = await fetcher.fetch(f"https://any.host{path}", {"redirect": redirect})
        return answer.status, await answer.text()

    assert asyncio.run(read("/about", "manual")) == (200, "about")
    assert asyncio.run(read("/about.html", "follow")) == (200, "about")
    assert asyncio.run(read("/about.html", "manual")) == (307, "")
