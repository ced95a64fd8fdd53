"""The namespaces of local development."""

from pathlib import Path

import pytest

from kvstore import KVError
from worker.config import load_config
from worker.runtime import open_local

pytestmark = pytest.mark.anyio

CONFIG = """\
name = "demo"
compatibility_date = "2026-04-20"
kv_namespaces = [{ binding = "CACHE", id = "abc" }]
"""


async def test_strict_namespaces_refuse_a_foreign_cursor_and_the_usual_ones_take_it(tmp_path: Path) -> None:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    config = load_config(tmp_path / "wrangler.toml")
    usual = open_local(config, tmp_path)
    assert (await usual.bindings["CACHE"].list({"cursor": "a2V5LTE="}))["keys"] == []
    await usual.close()
    strict = open_local(config, tmp_path, strict=True)
    with pytest.raises(KVError, match=r"^Error: KV GET failed: 400 invalid cursor$"):
        await strict.bindings["CACHE"].list({"cursor": "a2V5LTE="})
    await strict.close()
