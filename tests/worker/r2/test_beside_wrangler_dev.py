"""One bucket, used at once by our binding and by a Worker in the real ``wrangler dev``."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kvstore.test_beside_wrangler_dev import wrangler_dev
from tests.worker.r2.playing import play
from worker.r2 import BucketFolder, R2Bucket

pytestmark = [pytest.mark.anyio, pytest.mark.wrangler]

CONFIG = """\
name = "demo"
main = "index.js"
compatibility_date = "2026-01-01"
r2_buckets = [{ binding = "B", bucket_name = "pictures" }]
"""
PLAYER = (Path(__file__).parent / "player.mjs").read_text()
OBJECTS = 20
ATTEMPTS = 50
PARTS: list[dict[str, Any]] = [
    {"do": "createMultipartUpload", "args": ["parts"], "save": "upload", "then": None},
    {"on": "upload", "do": "uploadPart", "args": [1, "whole"], "save": "part", "then": None},
    {"on": "upload", "do": "complete", "parts": ["part"], "then": None},
]

OUR_PARTS = [{**PARTS[0], "args": ["our parts"]}, *PARTS[1:]]


async def test_each_sees_what_the_other_stores(tmp_path: Path) -> None:
    folder = BucketFolder(tmp_path / "state" / "v3" / "r2")
    ours = R2Bucket(folder("pictures"))
    options = {"httpMetadata": {"contentType": "text/x"}, "customMetadata": {"by": "ü"}}
    async with (
        wrangler_dev(tmp_path, tmp_path / "state", CONFIG, PLAYER) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http,
    ):

        async def theirs(*steps: dict[str, Any]) -> list[Any]:
            outcomes: list[Any] = (await http.post("/", json=steps)).json()
            return outcomes

        await play(ours, [{"do": "put", "args": ["ours", "hello", options]}, *OUR_PARTS])
        await theirs({"do": "put", "args": ["theirs", "hello", options]}, *PARTS)
        for steps in (
            [{"do": "get", "args": [key], "then": "text"}, {"do": "head", "args": [key]}]
            for key in ("ours", "theirs", "parts", "our parts")
        ):
            assert await theirs(*steps) == await play(ours, steps)
        listing = {"do": "list", "args": [{"include": ["httpMetadata", "customMetadata"]}]}
        assert await theirs(listing) == await play(ours, [listing])
        await play(ours, [{"do": "delete", "args": [["theirs", "parts"]]}])
        assert await theirs({"do": "head", "args": ["theirs"]}, {"do": "head", "args": ["parts"]}) == [
            None,
            None,
        ]

        async def we_write() -> None:
            for n in range(OBJECTS):
                await ours.put(f"ours-{n}", "x")

        async def they_write() -> None:
            for n in range(OBJECTS):
                for _ in range(ATTEMPTS):  # the real one does not wait for a lock that ours holds
                    (outcome,) = await theirs({"do": "put", "args": [f"theirs-{n}", "x"], "then": None})
                    if outcome == "done":
                        break

        await asyncio.gather(we_write(), they_write())
        for whose in ("ours-", "theirs-"):
            assert len((await ours.list({"prefix": whose}))["objects"]) == OBJECTS
    await folder.close()
