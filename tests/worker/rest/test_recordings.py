"""The recorded requests of the real wrangler and SDKs: every answer is the recorded one."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from kvstore import Entry
from tests.worker.rest.asking import ask
from tests.worker.rest.place import CACHE, Place
from tests.worker.rest.recordings import (
    CUT,
    SDKS,
    WRANGLER,
    Exchange,
    RecordedIds,
    comparable,
    created_ids,
    sdk_exchanges,
)

pytestmark = pytest.mark.anyio

# Ids that the recording server made up, and ours.
_IDS = {"t1": "understudy-token", "u1": "understudy-user", "m1": "understudy-membership"}
# What is meant to differ.
_DIFFERENT = {
    "r-account-in-config": "every account id names the same account here",
    "r-html": "an error page of a proxy, not of the API",
}
# The recording server kept only the first level of metadata that came as nested fields.
_NESTED = ('"metadata": {"a": "1", "b": "2"}', '"metadata": {"a": "1", "b": {"c": ["1", "2"]}}')


async def play(place: Place, exchanges: list[Exchange]) -> None:
    refusing = place.make(token="another")
    for one in exchanges:
        place.clock.set(one.now)
        # The recorder refused an account by its name; here it is the token that decides.
        app = refusing if one.status == 403 else place.app
        answer = await ask(app, one.method, one.target, one.body, one.headers)
        given, recorded = comparable(answer.body.decode("utf-8", "replace")), comparable(one.response)
        if len(one.response) == CUT:
            given, recorded = json.dumps(given)[:CUT], one.response
        assert (answer.status, given) == (one.status, recorded), one.target


@pytest.mark.parametrize("path", SDKS, ids=lambda path: path.stem)
async def test_answer_an_sdk_as_recorded(path: Path, tmp_path: Path) -> None:
    exchanges = sdk_exchanges(path)
    if path.stem.startswith("node"):
        exchanges = [_with_nested_metadata(one) for one in exchanges]
    place = Place(tmp_path, entropy=RecordedIds(created_ids(exchanges)))
    await play(place, exchanges)
    await place.close()


def _with_nested_metadata(one: Exchange) -> Exchange:
    response = one.response.replace(*_NESTED)
    if one.target.endswith("/metadata/m"):
        response = response.replace('{"a": "1", "b": "2"}', '{"a": "1", "b": {"c": ["1", "2"]}}')
    return Exchange(one.method, one.target, one.headers, one.body, one.status, response, one.now)


@pytest.mark.parametrize(
    "path", [path for path in WRANGLER if path.stem not in _DIFFERENT], ids=lambda path: path.stem
)
async def test_answer_wrangler_as_recorded(path: Path, tmp_path: Path) -> None:
    scenario = json.loads(path.read_text())
    exchanges = [Exchange.of(one) for one in scenario.get("requests", [])]
    place = Place(tmp_path, entropy=RecordedIds(created_ids(exchanges)), bindings={"AUTO": CACHE})
    await prepare(place, scenario)
    await play(place, [_with_our_ids(one) for one in exchanges])
    await place.close()


def _with_our_ids(one: Exchange) -> Exchange:
    response = one.response
    for theirs, ours in _IDS.items():
        response = response.replace(f'"id": "{theirs}"', f'"id": "{ours}"')
    return Exchange(one.method, one.target, one.headers, one.body, one.status, response, one.now)


async def prepare(place: Place, scenario: dict[str, Any]) -> None:
    """What the recording server held, and what was done before the recording began."""
    if isinstance(scenario.get("seed"), str):  # "250 namespaces": wrangler printed them all
        place.known.update({one["id"]: one["title"] for one in json.loads(scenario["stdout"])})
    elif scenario.get("seed"):
        for seeded in scenario["seed"]:
            for key, value in seeded["kv"].items():
                await place.store(seeded["id"]).put(key, Entry(value.encode()))
    for argv in scenario.get("setup") or []:
        if argv[1:3] == ["namespace", "create"]:
            assert (await place.ask("POST", "", {"title": argv[3]})).status == 200
        else:
            assert argv[1:3] == ["key", "put"]
            await place.store(CACHE).put(argv[3], Entry(_given_value(argv, scenario["cwd_files"])))


def _given_value(argv: list[str], files: dict[str, Any]) -> bytes:
    for argument in argv:
        if argument.startswith("--path="):
            return base64.b64decode(files[argument.removeprefix("--path=")]["base64"])
    value: str = argv[4]
    return value.encode()
