"""A live codeQ's in-progress lists become sets under the same key."""

import pytest

from harness.migrations.codeq.conversion import Conversion, convert_inprog
from harness.migrations.redis.keyspace.errors import MigrationError
from worker.codeq import Server

pytestmark = pytest.mark.anyio

KEY = "codeq:q:generate_master:inprog"


async def test_a_list_becomes_a_set_of_its_distinct_ids(server: Server) -> None:
    ids = [f"task-{number}" for number in range(2500)]
    await server.call("RPUSH", KEY, *ids, "task-0")
    assert await convert_inprog(server) == [Conversion(KEY, "list", 2501, 2500)]
    assert sorted(await server.call("SMEMBERS", KEY)) == sorted(ids)


async def test_running_it_again_changes_nothing(server: Server) -> None:
    await server.call("RPUSH", KEY, "a")
    await convert_inprog(server)
    assert await convert_inprog(server) == [Conversion(KEY, "set", 0, 0)]
    assert await server.call("SMEMBERS", KEY) == ["a"]


async def test_every_command_is_converted_not_only_the_built_in_ones(server: Server) -> None:
    await server.call("RPUSH", KEY, "a")
    await server.call("RPUSH", "codeq:q:my:own:inprog", "b")
    assert [one.key for one in await convert_inprog(server)] == [KEY, "codeq:q:my:own:inprog"]


async def test_another_type_stops_it_before_anything_changes(server: Server) -> None:
    await server.call("RPUSH", KEY, "a")
    await server.call("SET", "codeq:q:x:inprog", "1")
    with pytest.raises(MigrationError, match="codeq:q:x:inprog is a string"):
        await convert_inprog(server)
    assert await server.call("TYPE", KEY) == "list"
