"""The real wrangler in remote mode, with our server in the place of Cloudflare's."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.worker.rest.remote_wrangler import Run, wrangler_in

pytestmark = [pytest.mark.anyio, pytest.mark.wrangler]

HARD = "queue:task/a b:c%2Fd?é#&=+日本"


@pytest.fixture
def wrangler(tmp_path: Path, base: str) -> Run:
    return wrangler_in(tmp_path, base, "4")


@pytest.fixture
def wrangler_3(tmp_path: Path, base: str) -> Run:
    return wrangler_in(tmp_path, base, "3")


def at(*arguments: str) -> tuple[str, ...]:
    return (*arguments, "--binding=CACHE", "--remote")


async def test_put_get_list_and_delete_keys(wrangler: Run, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\x00\x01\xfe\xff")
    await wrangler(*at("kv", "key", "put", HARD, "väl", '--metadata={"a":[1,null]}', "--ttl=300"))
    await wrangler(*at("kv", "key", "put", "binary", "--path=binary"))
    assert await wrangler(*at("kv", "key", "get", HARD)) == "väl"
    listed = json.loads(await wrangler(*at("kv", "key", "list")))
    assert [key["name"] for key in listed] == ["binary", HARD]
    assert listed[1]["metadata"] == {"a": [1, None]}
    assert isinstance(listed[1]["expiration"], int)
    assert json.loads(await wrangler(*at("kv", "key", "list", "--prefix=queue:task/a b"))) == listed[1:]
    await wrangler(*at("kv", "key", "delete", HARD))
    assert "404: Not Found" in await wrangler(*at("kv", "key", "get", HARD), fails=True)


async def test_bulk_put_get_and_delete(wrangler: Run, tmp_path: Path) -> None:
    items: list[dict[str, Any]] = [{"key": f"k{number:04}", "value": str(number)} for number in range(1001)]
    items.append({"key": HARD, "value": "aGk=", "base64": True, "metadata": {"x": 1}, "expiration_ttl": 300})
    (tmp_path / "items.json").write_text(json.dumps(items))
    (tmp_path / "names.json").write_text(json.dumps(["k0001", HARD, "nope"]))
    (tmp_path / "all.json").write_text(json.dumps([item["key"] for item in items]))
    await wrangler(*at("kv", "bulk", "put", "items.json"))
    found, _ = json.JSONDecoder().raw_decode(await wrangler(*at("kv", "bulk", "get", "names.json")))
    assert found == {"k0001": "1", HARD: "hi", "nope": None}
    listed = json.loads(await wrangler(*at("kv", "key", "list")))
    assert [key["name"] for key in listed] == [item["key"] for item in items]
    await wrangler(*at("kv", "bulk", "delete", "all.json", "--force"))
    assert json.loads(await wrangler(*at("kv", "key", "list"))) == []


async def test_create_list_rename_and_delete_namespaces(wrangler: Run) -> None:
    created = await wrangler("kv", "namespace", "create", "MY_NS")
    listed = json.loads(await wrangler("kv", "namespace", "list"))
    assert [one["title"] for one in listed] == ["MY_NS", "cache-ns", "other-ns"]
    made = listed[0]["id"]
    assert made in created
    assert "already exists" in await wrangler("kv", "namespace", "create", "MY_NS", fails=True)
    await wrangler("kv", "namespace", "rename", "MY_NS", "--new-name=renamed")
    assert "renamed" in await wrangler("kv", "namespace", "list")
    await wrangler("kv", "key", "put", "k", "v", f"--namespace-id={made}", "--remote")
    await wrangler("kv", "namespace", "delete", f"--namespace-id={made}")
    gone = await wrangler("kv", "key", "list", f"--namespace-id={made}", "--remote", fails=True)
    assert "list keys: 'namespace not found' [code: 10013]" in gone


async def test_the_key_dot_dot_never_deletes_the_namespace(wrangler: Run) -> None:
    await wrangler(*at("kv", "key", "put", "k", "v"))
    assert "[code: 7003]" in await wrangler(*at("kv", "key", "delete", ".."), fails=True)
    assert await wrangler(*at("kv", "key", "get", "k")) == "v"


async def test_account_is_found_and_a_wrong_token_refused(wrangler: Run) -> None:
    assert json.loads(await wrangler(*at("kv", "key", "list"), CLOUDFLARE_ACCOUNT_ID="")) == []
    refused = await wrangler(*at("kv", "key", "list"), fails=True, CLOUDFLARE_API_TOKEN="wrong")
    assert "Authentication error [code: 10000]" in refused


async def test_version_3_and_its_old_spelling(wrangler_3: Run, tmp_path: Path) -> None:
    here = "--binding=CACHE"
    items = [{"key": f"k{number}", "value": str(number), "metadata": {"n": number}} for number in range(3)]
    (tmp_path / "items.json").write_text(json.dumps(items))
    (tmp_path / "names.json").write_text(json.dumps(["k0", "k1"]))
    (tmp_path / "binary").write_bytes(b"\x00\x01\r\n")
    await wrangler_3("kv:bulk", "put", here, "items.json")
    await wrangler_3("kv:key", "put", here, HARD, "--path=binary", '--metadata={"a":1}', "--ttl=300")
    assert await wrangler_3("kv:key", "get", here, HARD) == "\x00\x01\r\n"
    listed = json.loads(await wrangler_3("kv:key", "list", here, "--prefix=queue:task/"))
    assert [(key["name"], key["metadata"]) for key in listed] == [(HARD, {"a": 1})]
    await wrangler_3("kv:key", "delete", here, HARD)
    await wrangler_3("kv", "bulk", "delete", here, "names.json", "--force")
    listed = json.loads(await wrangler_3("kv", "key", "list", here))
    assert listed == [{"name": "k2", "metadata": {"n": 2}}]
    assert "[code: 7003]" in await wrangler_3("kv", "key", "delete", here, "..", fails=True)


async def test_version_3_and_namespaces(wrangler_3: Run) -> None:
    await wrangler_3("kv:namespace", "create", "MY_NS")
    taken = await wrangler_3("kv:namespace", "create", "MY_NS", fails=True)
    assert "a namespace with this account ID and title already exists [code: 10014]" in taken
    listed = json.loads(await wrangler_3("kv:namespace", "list"))
    assert [one["title"] for one in listed] == ["cache-ns", "demo-MY_NS", "other-ns"]
    await wrangler_3("kv:namespace", "delete", f"--namespace-id={listed[1]['id']}")
    assert "demo-MY_NS" not in await wrangler_3("kv:namespace", "list")
