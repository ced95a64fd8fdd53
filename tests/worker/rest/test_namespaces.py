"""Namespaces over REST, and the file that keeps their titles."""

from pathlib import Path

import pytest

from kvstore import Entry, SeededEntropy, StateError, StateStore, StoreError
from kvstore.stores.state_names import state_root
from tests.worker.rest.place import ACCOUNT, CACHE, OTHER, ROOT, Place
from worker.rest import create_rest_app, namespaces_in
from worker.rest.registry import FILE_NAME

pytestmark = pytest.mark.anyio


async def titles(place: Place, query: str = "?order=title") -> list[str]:
    return [one["title"] for one in (await place.ask("GET", query)).result]


async def test_create_keeps_the_namespace_for_the_next_server(place: Place) -> None:
    made = (await place.ask("POST", "", {"title": "日本 / new", "jurisdiction": "eu"})).result
    assert made == {
        "id": made["id"],
        "title": "日本 / new",
        "supports_url_encoding": True,
        "jurisdiction": "eu",
    }
    assert (len(made["id"]), set(made["id"]) <= set("0123456789abcdef")) == (32, True)
    place.app = place.make()
    assert (await place.ask("GET", f"/{made['id']}")).result == made
    assert [path.name for path in place.folder.iterdir()] == [FILE_NAME]


async def test_a_namespace_of_kv_instant_stays_one_and_refuses_what_it_does_not_take(place: Place) -> None:
    made = (await place.ask("POST", "", {"title": "fast", "experimental_mode": "instant"})).result
    place.app = place.make()
    path = f"/{made['id']}"
    assert (await place.ask("PUT", path, {"title": "faster"})).result["experimental_mode"] == "instant"
    described = [{"key": "a", "value": "1", "metadata": {"by": "me"}}]
    assert (await place.ask("PUT", f"{path}/bulk", described)).status == 400
    assert (await place.ask("PUT", f"{path}/bulk", [{"key": "a", "value": "1"}])).status == 200
    assert (await place.ask("PUT", f"{path}/bulk", [{"key": "a" * 301, "value": "1"}])).status == 414
    assert (await place.ask("POST", "", {"title": "t", "experimental_mode": "fast"})).status == 400


async def test_list_pages_end_and_are_ordered(place: Place) -> None:
    for number in range(10):
        await place.ask("POST", "", {"title": f"t{number}"})
    assert await titles(place, "?order=title&per_page=5&page=2") == ["t3", "t4", "t5", "t6", "t7"]
    assert await titles(place, "?order=title&direction=desc&per_page=5&page=3") == ["other-ns", "cache-ns"]
    answer = (await place.ask("GET", "?per_page=5&page=4")).envelope
    assert answer["result"] == []
    info = {"page": 4, "per_page": 5, "count": 0, "total_count": 12, "total_pages": 3}
    assert answer["result_info"] == info


async def test_rename_a_namespace_that_others_made(place: Place) -> None:
    assert (await place.ask("PUT", f"/{CACHE}", {"title": "renamed"})).result["id"] == CACHE
    assert await titles(place) == ["other-ns", "renamed"]
    assert (await place.ask("PUT", f"/{CACHE}", {"title": "renamed"})).status == 200
    assert (await place.ask("POST", "", {"title": "cache-ns"})).status == 200


async def test_delete_removes_entries_and_is_remembered(place: Place) -> None:
    for number in range(1001):
        await place.store(CACHE).put(f"k{number}", Entry(b"v"))
    await place.store(OTHER).put("k", Entry(b"v"))
    assert (await place.ask("DELETE", f"/{CACHE}")).result is None
    place.app = place.make()
    assert await titles(place) == ["other-ns"]
    assert (await place.ask("DELETE", f"/{CACHE}")).error == (404, 10013, "namespace not found")
    assert (await place.dump(), list(await place.dump(OTHER))) == ({}, ["k"])


async def test_delete_that_fails_leaves_the_namespace(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(key: str) -> None:
        raise StoreError("cannot write to the disk")

    store = place.store(CACHE)
    await store.put("k", Entry(b"v"))
    monkeypatch.setattr(store, "delete", broken)
    answer = await place.ask("DELETE", f"/{CACHE}")
    assert answer.error == (500, 10001, "service temporarily unavailable: cannot write to the disk")
    assert await titles(place) == ["cache-ns", "other-ns"]


async def test_see_what_another_process_wrote_to_the_file(place: Place) -> None:
    await place.ask("POST", "", {"title": "mine"})
    another = Place(place.folder, entropy=SeededEntropy(8))
    assert await titles(another) == ["cache-ns", "mine", "other-ns"]
    await another.ask("POST", "", {"title": "theirs"})
    assert await titles(place) == ["cache-ns", "mine", "other-ns", "theirs"]
    (place.folder / FILE_NAME).unlink()
    assert await titles(place) == ["cache-ns", "other-ns"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"namespaces": {"a": 1}, "deleted": []}', '{"namespaces": {}}']
)
async def test_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(StateError, match=f"{FILE_NAME} is damaged"):
        Place(tmp_path)


async def test_file_that_cannot_be_written_is_an_error_and_no_namespace(place: Place) -> None:
    place.folder.parent.mkdir(parents=True)
    place.folder.write_text("no folder")
    answer = await place.ask("POST", "", {"title": "t"})
    assert answer.error[:2] == (500, 10001)
    assert await titles(place) == ["cache-ns", "other-ns"]


async def test_id_that_is_no_uuid_is_served_when_it_is_known(place: Place) -> None:
    place.known["my ns/ü"] = "CACHE"
    assert (await place.ask("PUT", "/my%20ns%2F%C3%BC/values/k", b"v")).status == 200
    assert await place.dump("my ns/ü") == {"k": Entry(b"v")}


async def test_namespaces_in_finds_what_was_written(tmp_path: Path) -> None:
    folder = state_root(tmp_path)
    assert namespaces_in(folder) == []
    for namespace in (OTHER, CACHE, "a:b"):
        store = StateStore(folder, namespace)
        await store.put("k", Entry(b"v"))
        await store.close()
    (folder / "no-namespace" / "blobs").mkdir(parents=True)
    assert namespaces_in(folder) == [CACHE, OTHER]


async def test_stores_are_opened_when_needed_and_closed_with_the_app(tmp_path: Path) -> None:
    events: list[str] = []

    class Watched(StateStore):
        async def close(self) -> None:
            events.append("closed")
            await super().close()

    def opened(namespace: str) -> Watched:
        events.append(f"opened {namespace[:1]}")
        return Watched(tmp_path, namespace)

    place = Place(tmp_path)
    place.app = create_rest_app(tmp_path, opened, place.known)
    async with place.app.router.lifespan_context(place.app):
        await place.ask("GET", "")
        assert events == []
        await place.ask("PUT", f"/{CACHE}/values/k", b"v")
        await place.ask("GET", f"/{CACHE}/values/k")
    assert events == ["opened 1", "closed"]


async def test_accounts_and_bindings(place: Place) -> None:
    place.bindings["CACHE"] = CACHE
    assert (await place.ask("GET", f"/client/v4/accounts/{OTHER}")).result["id"] == OTHER
    assert (await place.ask("GET", "/client/v4/accounts?page=2")).result == []
    settings = await place.ask("GET", f"/client/v4/accounts/{ACCOUNT}/workers/scripts/demo/settings")
    bound = {"type": "kv_namespace", "name": "CACHE", "namespace_id": CACHE}
    assert settings.result == {"bindings": [bound]}
    assert (await place.ask("GET", ROOT.replace(ACCOUNT, OTHER))).status == 200
