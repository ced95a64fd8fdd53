"""The real ``cloudflare`` node SDK: every method of its KV resource against a server on a real port."""

import json
import os
import shutil
from pathlib import Path

import anyio
import pytest

from tests.worker.rest.place import ACCOUNT, CACHE, TOKEN

pytestmark = [pytest.mark.anyio, pytest.mark.node_sdk]

SCRIPT = Path(__file__).with_name("every_method.mjs")
_INSTALLED = Path(__file__).parents[3] / ".real" / "node_modules" / "cloudflare" / "index.mjs"
SDK = Path(os.environ.get("CLOUDFLARE_NODE_SDK", _INSTALLED))
HARD = "a/b:c%2Fd é?#&=+ ;@,~!'()*日本\U0001f600"
DONE = {"successful_key_count": 1, "unsuccessful_keys": []}
EXPECTED = {
    "create": "new one",
    "create again": [400, 10014],
    "list": ["cache-ns", "new one", "other-ns"],
    "get": "cache-ns",
    "update": "renamed",
    "values.update": {},
    "values.get": "välue",
    "metadata.get": {"a": [1, None]},
    "values.update object": {},
    "metadata.get object": {"a": {"b": ["c"]}},
    "values.update file": {},
    "values.get file": ["4102444800", 0, 1, 254, 255],
    "values.update soon": [400, 10034],
    "keys.list": [HARD, "file", "o"],
    "values.delete": {},
    "values.get gone": [404, 10009],
    "bulkUpdate": DONE | {"successful_key_count": 2},
    "bulkGet": {"values": {"1": "1", HARD: "hi", "nope": None}},
    "bulkGet json": {"values": {"1": {"value": 1, "metadata": None}}},
    "bulkDelete": DONE | {"successful_key_count": 2},
    "keys.bulkUpdate": DONE,
    "keys.bulkGet": {"values": {"1": "1"}},
    "keys.bulkDelete": DONE,
    "keys.list prefix": ["file"],
    "delete": None,
    "delete again": [404, 10013],
}


async def test_every_kv_method(base: str) -> None:
    if not (SDK.exists() and shutil.which("node")):
        pytest.skip("the node SDK is not installed: npm install --prefix .real cloudflare@7.3.0")
    command = ["node", str(SCRIPT), str(SDK), base, TOKEN, ACCOUNT, CACHE, HARD]
    done = await anyio.run_process(command, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == EXPECTED
