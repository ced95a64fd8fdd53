"""The real ``cloudflare`` Python SDK: every method of its KV resource against a server on a real port."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from cloudflare import AsyncCloudflare, BadRequestError, NotFoundError, PermissionDeniedError

from tests.worker.rest.place import ACCOUNT, CACHE, NOBODY, OTHER, TOKEN

pytestmark = pytest.mark.anyio

HARD = "a/b:c%2Fd é?#&=+ ;@,~!'()*日本\U0001f600"
IN_CACHE: dict[str, Any] = {"account_id": ACCOUNT, "namespace_id": CACHE}


@pytest.fixture
async def sdk(base: str) -> AsyncIterator[AsyncCloudflare]:
    async with AsyncCloudflare(api_token=TOKEN, base_url=base, max_retries=0) as client:
        yield client


async def test_namespaces_list_create_get_update_delete(sdk: AsyncCloudflare) -> None:
    namespaces: Any = sdk.kv.namespaces
    made = await namespaces.create(account_id=ACCOUNT, title="new one", jurisdiction="eu")
    assert (made.title, made.jurisdiction, len(made.id)) == ("new one", "eu", 32)
    with pytest.raises(BadRequestError) as taken:
        await namespaces.create(account_id=ACCOUNT, title="new one")
    assert [error.code for error in taken.value.errors] == [10014]
    listed = [one.title async for one in namespaces.list(account_id=ACCOUNT, order="title")]
    assert listed == ["cache-ns", "new one", "other-ns"]
    renamed = await namespaces.update(namespace_id=made.id, account_id=ACCOUNT, title="renamed")
    assert (renamed.id, renamed.title, renamed.jurisdiction) == (made.id, "renamed", "eu")
    assert (await namespaces.get(made.id, account_id=ACCOUNT)).title == "renamed"
    await namespaces.delete(made.id, account_id=ACCOUNT)
    with pytest.raises(NotFoundError) as gone:
        await namespaces.get(made.id, account_id=ACCOUNT)
    assert [error.code for error in gone.value.errors] == [10013]


async def test_namespaces_list_ends_after_many_pages(sdk: AsyncCloudflare) -> None:
    for number in range(12):
        await sdk.kv.namespaces.create(account_id=ACCOUNT, title=f"made {number:02}")
    pages = sdk.kv.namespaces.list(account_id=ACCOUNT, order="title", direction="desc", per_page=5)
    titles = [one.title async for one in pages]
    assert titles == ["other-ns", *(f"made {number:02}" for number in reversed(range(12))), "cache-ns"]


async def test_values_update_get_delete(sdk: AsyncCloudflare) -> None:
    values = sdk.kv.namespaces.values
    for key, value in {"text": b"hello", "bytes": b"\x00\x01\xfe\xff", "empty": b"", HARD: b"v"}.items():
        await values.update(key, value=value, **IN_CACHE)
        assert await (await values.get(key, **IN_CACHE)).read() == value
        await values.delete(key, **IN_CACHE)
        with pytest.raises(NotFoundError) as missing:
            await values.get(key, **IN_CACHE)
        assert [error.code for error in missing.value.errors] == [10009]
    await values.delete("never was", **IN_CACHE)


async def test_values_update_with_metadata_and_expiration(sdk: AsyncCloudflare) -> None:
    values, metadata = sdk.kv.namespaces.values, sdk.kv.namespaces.metadata
    given = {"a": 1, "b": {"c": [1, None, "é"]}}
    await values.update(HARD, value=b"v", metadata=given, expiration=4_102_444_800, **IN_CACHE)
    assert await metadata.get(HARD, **IN_CACHE) == given
    assert (await values.get(HARD, **IN_CACHE)).headers["expiration"] == "4102444800"
    await values.update("plain", value=b"v", expiration_ttl=300, **IN_CACHE)
    assert await metadata.get("plain", **IN_CACHE) is None
    with pytest.raises(BadRequestError) as soon:
        await values.update("soon", value=b"v", expiration_ttl=10, **IN_CACHE)
    assert [error.code for error in soon.value.errors] == [10034]


async def test_keys_list_every_page(sdk: AsyncCloudflare) -> None:
    names = [f"queue:task/é {number:02}" for number in range(25)]
    items: list[Any] = [{"key": name, "value": "v", "metadata": {"n": name}} for name in names]
    await sdk.kv.namespaces.bulk_update(CACHE, account_id=ACCOUNT, body=[*items, {"key": "x", "value": "1"}])
    listed = [
        key async for key in sdk.kv.namespaces.keys.list(CACHE, account_id=ACCOUNT, prefix="queue:", limit=10)
    ]
    assert [(key.name, key.metadata) for key in listed] == [(name, {"n": name}) for name in names]
    assert [key.name async for key in sdk.kv.namespaces.keys.list(OTHER, account_id=ACCOUNT)] == []


@pytest.mark.filterwarnings("ignore:Please use:DeprecationWarning")
@pytest.mark.parametrize("under", ["namespaces", "keys"])
async def test_bulk_update_get_delete(sdk: AsyncCloudflare, under: str) -> None:
    kv: Any = sdk.kv.namespaces if under == "namespaces" else sdk.kv.namespaces.keys
    later = {"key": HARD, "value": "aGk=", "base64": True, "metadata": {"q": 1}, "expiration_ttl": 300}
    written = await kv.bulk_update(CACHE, account_id=ACCOUNT, body=[{"key": "1", "value": "1"}, later])
    assert (written.successful_key_count, written.unsuccessful_keys) == (2, [])
    found = await kv.bulk_get(CACHE, account_id=ACCOUNT, keys=["1", HARD, "nope"])
    assert found.values == {"1": "1", HARD: "hi", "nope": None}
    found = await kv.bulk_get(CACHE, account_id=ACCOUNT, keys=["1"], type="json", with_metadata=True)
    assert (found.values["1"].value, found.values["1"].metadata) == (1, None)
    found = await kv.bulk_get(CACHE, account_id=ACCOUNT, keys=[HARD], with_metadata=True)
    assert (found.values[HARD].value, found.values[HARD].metadata) == ("hi", {"q": 1})
    assert found.values[HARD].expiration is not None
    deleted = await kv.bulk_delete(CACHE, account_id=ACCOUNT, body=["1", HARD])
    assert deleted.successful_key_count == 2
    assert [key.name async for key in sdk.kv.namespaces.keys.list(CACHE, account_id=ACCOUNT)] == []


async def test_unknown_namespace_is_an_error_everywhere(sdk: AsyncCloudflare) -> None:
    nowhere: dict[str, Any] = {"account_id": ACCOUNT, "namespace_id": NOBODY}
    kv = sdk.kv.namespaces
    for call in (
        kv.values.get("k", **nowhere),
        kv.values.update("k", value=b"v", **nowhere),
        kv.values.delete("k", **nowhere),
        kv.metadata.get("k", **nowhere),
        kv.bulk_update(NOBODY, account_id=ACCOUNT, body=[{"key": "k", "value": "v"}]),
        kv.bulk_get(NOBODY, account_id=ACCOUNT, keys=["k"]),
        kv.bulk_delete(NOBODY, account_id=ACCOUNT, body=["k"]),
        kv.delete(NOBODY, account_id=ACCOUNT),
    ):
        with pytest.raises(NotFoundError) as missing:
            await call
        assert [error.code for error in missing.value.errors] == [10013]


async def test_wrong_token_is_refused_and_the_token_as_key_is_not(base: str) -> None:
    async with AsyncCloudflare(api_token="wrong", base_url=base, max_retries=0) as client:
        with pytest.raises(PermissionDeniedError) as refused:
            await client.kv.namespaces.get(CACHE, account_id=ACCOUNT)
        assert [error.code for error in refused.value.errors] == [10000]
    async with AsyncCloudflare(api_key=TOKEN, api_email="e@x.y", base_url=base, max_retries=0) as client:
        found = await client.kv.namespaces.get(CACHE, account_id=ACCOUNT)
        assert found is not None
        assert found.title == "cache-ns"
        assert [account.id async for account in client.accounts.list()] == ["0" * 32]
