"""The seam to Redis: errors, transactions, time passing, and the behaviour of KVRocks 2.7."""

import pytest

from kvstore.clock import ManualClock
from tests.worker.codeq.bench import Bench
from worker.codeq import (
    CLAIM_SHA,
    MOVE_SCRIPT,
    ClaimScriptLoaded,
    Issuer,
    Kvrocks27,
    Recording,
    ServerError,
    age,
    connect,
    open_server,
)

pytestmark = pytest.mark.anyio
Q = "codeq:q:generate_master:"
WRONG = "WRONGTYPE Operation against a key holding the wrong kind of value"


async def text_of(server: Recording | Kvrocks27, *command: str | int) -> str:
    with pytest.raises(ServerError) as raised:
        await server.call(*command)
    return str(raised.value)


async def test_errors_read_as_the_server_sent_them(server: Recording) -> None:
    await server.call("LPUSH", "l", "x")
    assert await text_of(server, "SADD", "l", "x") == WRONG
    assert (await text_of(server, "EVALSHA", "0" * 40, 0)).startswith("NOSCRIPT No matching script")
    assert (await text_of(server, "SET", "x")).startswith("ERR wrong number of arguments")


async def test_a_transaction_does_what_it_can(server: Recording) -> None:
    await server.call("LPUSH", "l", "x")
    error, done = await server.transaction([("SADD", "l", "x"), ("SET", "s", "1")])
    assert isinstance(error, ServerError)
    assert done
    assert await server.call("GET", "s") == "1"


async def test_bytes_that_are_no_text_survive(server: Recording) -> None:
    await server.call("SET", "b", b"\xff\x00")
    await server.call("SET", "again", await server.call("GET", "b"))
    assert (await server.call("GET", "again")).encode("utf-8", "surrogateescape") == b"\xff\x00"


async def test_recording_shows_what_monitor_would(server: Recording) -> None:
    server.take()
    await server.call("SET", "k", 1, "EX", 5)
    await server.transaction([("DEL", "k")])
    assert server.take() == [("set", "k", "1", "EX", "5"), ("multi",), ("del", "k"), ("exec",)]
    assert server.take() == []


async def test_age_takes_time_from_every_ttl(server: Recording) -> None:
    await server.call("SET", "lease:a", 1, "EX", 100)
    await server.call("SET", "lease:b", 1, "EX", 30)
    await server.call("SET", "lease:c", 1)
    await server.call("SET", "other", 1, "EX", 30)
    assert await age(server, 30, "lease:") == 1
    left = [await server.call("PTTL", key) for key in ("lease:a", "lease:b", "lease:c", "other")]
    assert left[1:3] == [-2, -1]
    assert 60_000 < left[0] <= 70_000
    assert 20_000 < left[3] <= 30_000


@pytest.mark.redis
async def test_connect_names_the_server_without_its_password(redis_url: str) -> None:
    server = await connect(redis_url)
    assert server.name.endswith(f" at {redis_url}")
    await server.close()


async def test_connect_says_who_does_not_answer() -> None:
    with pytest.raises(ServerError, match="redis://127.0.0.1:1: "):
        await connect("redis://:secret@127.0.0.1:1")
    with pytest.raises(ServerError, match="nonsense"):
        await connect("nonsense")


@pytest.mark.parametrize(
    "command", [("RENAME", "a", "b"), ("RENAMENX", "a", "b"), ("COPY", "a", "b"), ("DUMP", "a")]
)
async def test_kvrocks_knows_no_way_to_move_a_key(server: Recording, command: tuple[str, ...]) -> None:
    kvrocks = Kvrocks27(server)
    assert (await text_of(kvrocks, *command)).startswith("ERR unknown command")
    [reply, pong] = await kvrocks.pipeline([command, ("PING",)])
    assert isinstance(reply, ServerError)
    assert pong
    with pytest.raises(ServerError, match="EXECABORT"):
        await kvrocks.transaction([command])


async def test_kvrocks_words_errors_in_its_own_way(server: Recording) -> None:
    kvrocks = Kvrocks27(server)
    await kvrocks.call("LPUSH", "l", "x")
    assert await text_of(kvrocks, "SADD", "l", "x") == f"ERR Invalid argument: {WRONG}"
    assert (await text_of(kvrocks, "EVALSHA", "0" * 40, 0)).startswith("ERR NOSCRIPT ")


async def test_kvrocks_always_gives_the_first_members(server: Recording) -> None:
    kvrocks = Kvrocks27(server)
    await kvrocks.call("SADD", "s", *(f"{n:03}" for n in range(300)))
    assert await kvrocks.call("SRANDMEMBER", "s", 200) == [f"{n:03}" for n in range(200)]


async def test_kvrocks_rounds_a_ttl_down(server: Recording) -> None:
    kvrocks = Kvrocks27(server)
    await kvrocks.call("SET", "k", 1, "PX", 100_900)
    assert await kvrocks.call("TTL", "k") <= 100
    assert await kvrocks.call("TTL", "none") == -2
    await kvrocks.call("PEXPIRE", "k", 900)
    assert await kvrocks.transaction([("TTL", "k")]) == [0]


async def test_kvrocks_matches_prefixes_letter_by_letter(server: Recording) -> None:
    kvrocks = Kvrocks27(server)
    for key in ("a*b:1", "axb:1"):
        await kvrocks.call("SET", key, 1)
    assert (await kvrocks.call("SCAN", 0, "MATCH", "a*b:*", "COUNT", 100))[1] == ["a*b:1"]

    assert await text_of(kvrocks, "SCAN", 0, "MATCH", "a?b") == "ERR only keys prefix match was supported"


async def test_claim_on_kvrocks_fails_until_codeqs_own_script_is_loaded(
    server: Recording, signer: Issuer, clock: ManualClock
) -> None:
    known = ClaimScriptLoaded(Kvrocks27(server), loaded=False)
    bench = Bench(Recording(known), signer, clock)
    task = await bench.create()
    await server.call("SCRIPT LOAD", MOVE_SCRIPT)  # another text has another sha, whatever it does
    answer = await bench.call("/tasks/claim", {})
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("claim move script: ERR NOSCRIPT ")
    assert bench.server.take()[-1][:2] == ("evalsha", CLAIM_SHA)
    known.loaded = True
    assert (await bench.claim())["id"] == task


async def test_repair_on_kvrocks_never_reaches_past_the_first_200(kvrocks: Bench) -> None:
    live = [f"a{n:03}" for n in range(200)]
    await kvrocks.server.call("SADD", f"{Q}inprog", *live, "z")
    await kvrocks.server.pipeline([("SETEX", f"codeq:lease:{one}", 300, "w") for one in live])
    await kvrocks.store("z", status="IN_PROGRESS")
    assert await kvrocks.claim() is None
    assert await kvrocks.server.call("SISMEMBER", f"{Q}inprog", "z")


async def test_a_whole_life_on_kvrocks(kvrocks: Bench) -> None:
    task = await kvrocks.claimed()
    await kvrocks.call(f"/tasks/{task}/nack", {"delaySeconds": 1})
    await kvrocks.wait(1)
    assert (await kvrocks.claim())["id"] == task
    body = {"status": "COMPLETED", "result": {"a": 1}}
    assert (await kvrocks.call(f"/tasks/{task}/result", body)).status_code == 200


async def test_opening_without_an_address_gives_the_embedded_server() -> None:
    server = await open_server()
    assert server.name.startswith("fakeredis ")
    assert "embedded" in server.name
    await server.close()


@pytest.mark.redis
async def test_opening_with_a_profile_says_what_it_pretends_to_be(redis_url: str) -> None:
    server = await open_server(redis_url, "kvrocks27")
    assert server.name.startswith("KVRocks 2.7.0 (profile) on Redis ")
    assert "kvrocks_version:2.7.0" in await server.call("INFO", "server")
    await server.close()


async def test_opening_with_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'dragonfly' is not a profile; choose one of redis7, kvrocks27"):
        await open_server(None, "dragonfly")
