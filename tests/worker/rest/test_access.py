"""Who may ask: with a token its bearer, without one only this machine and no foreign page on it."""

import pytest

from tests.worker.rest.asking import ask
from tests.worker.rest.place import CACHE, ROOT, Place

pytestmark = pytest.mark.anyio

DENIED = (403, 10000, "Authentication error")
TARGET = f"{ROOT}/{CACHE}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer s3crét!"},
        {"authorization": "Bearer"},
        {"authorization": "Basic s3cret"},
        {"authorization": "s3cret"},
        {"x-auth-key": "wrong", "x-auth-email": "e@x.y"},
    ],
)
async def test_refuse_whatever_does_not_carry_the_token(place: Place, headers: dict[str, str]) -> None:
    app = place.make(token="s3cret")
    for method, target in (
        ("GET", TARGET),
        ("DELETE", TARGET),
        ("GET", "/nowhere"),
        ("GET", "/client/v4/user"),
    ):
        assert (await ask(app, method, target, headers=headers)).error == DENIED


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer s3cret"},
        {"authorization": "bearer  s3cret"},
        {"x-auth-key": "s3cret", "x-auth-email": "e@x.y"},
        {"authorization": "Bearer s3cret", "host": "kv.example.com", "origin": "https://example.com"},
    ],
)
async def test_admit_the_token_from_anywhere(place: Place, headers: dict[str, str]) -> None:
    app = place.make(token="s3cret")
    assert (await ask(app, "GET", TARGET, headers=headers, client=("192.0.2.1", 1))).status == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:8787", "127.0.0.1:1", "LOCALHOST", "[::1]:8787"])
async def test_admit_anything_from_this_machine_without_a_token(place: Place, host: str) -> None:
    headers = {"host": host, "authorization": "Bearer anything", "origin": "http://localhost:3000"}
    for client in (("127.0.0.1", 1), ("::1", 1), None):
        assert (await ask(place.app, "GET", TARGET, headers=headers, client=client)).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8787", "", "127.0.0.1.evil.example", "["])
async def test_refuse_a_name_that_was_made_to_resolve_to_this_machine(place: Place, host: str) -> None:
    answer = await ask(place.app, "DELETE", TARGET, headers={"host": host})
    assert answer.error[:2] == DENIED[:2]
    assert f"Host {host!r} is not this machine" in answer.error[2]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_refuse_a_page_of_another_site(place: Place, origin: str) -> None:
    headers = {"origin": origin, "content-type": "text/plain"}
    answer = await ask(place.app, "POST", f"{TARGET}/bulk/delete", b'["k"]', headers)
    assert answer.error[:2] == DENIED[:2]


async def test_refuse_another_machine_without_a_token(place: Place) -> None:
    answer = await ask(place.app, "GET", TARGET, client=("192.0.2.1", 1))
    assert answer.error[:2] == DENIED[:2]
    assert "192.0.2.1" in answer.error[2]


async def test_a_token_may_be_any_text(place: Place) -> None:
    app = place.make(token="gehéim")
    assert (await ask(app, "GET", TARGET, headers={"authorization": "Bearer gehéim"})).status == 200
    assert (await ask(app, "GET", TARGET, headers={"authorization": "Bearer geheim"})).error == DENIED
