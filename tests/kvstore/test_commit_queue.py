"""Writes that wait for each other: one commit for all, and nobody pays for another's failure."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kvstore.errors import StoreError
from kvstore.sql.database import Program, Steps, program
from kvstore.sql.inline import InlineDatabase
from kvstore.sql.pooled import PooledDatabase

pytestmark = pytest.mark.anyio

SCHEMA = ("PRAGMA journal_mode = WAL", "CREATE TABLE numbers (number INTEGER PRIMARY KEY)")


@program
def insert(number: int) -> Steps[int]:
    yield "INSERT INTO numbers VALUES (?)", (number,)
    return number


@program
def every_number() -> Steps[set[int]]:
    rows = yield "SELECT number FROM numbers", ()
    return {row[0] for row in rows}


async def opened(folder: Path) -> tuple[PooledDatabase, list[str]]:
    """A database, and the list of what its writer executes."""
    database = await PooledDatabase.open(folder / "numbers.sqlite", SCHEMA)
    executed: list[str] = []
    await database._writer.set_trace_callback(executed.append)
    return database, executed


async def outcomes(*writes: Any) -> list[Any]:
    return await asyncio.gather(*writes, return_exceptions=True)


async def test_writes_that_wait_share_a_commit(tmp_path: Path) -> None:
    database, executed = await opened(tmp_path)
    assert await outcomes(*(database.write(insert(number)) for number in range(50))) == list(range(50))
    assert executed.count("COMMIT") == 1
    await database.close()


async def test_a_write_alone_is_committed_at_once(tmp_path: Path) -> None:
    database, executed = await opened(tmp_path)
    for number in range(3):
        await database.write(insert(number))
    assert executed.count("COMMIT") == 3
    await database.close()


async def test_a_write_that_fails_spoils_nothing_for_the_others(tmp_path: Path) -> None:
    database, _ = await opened(tmp_path)
    results = await outcomes(*(database.write(insert(number)) for number in (1, 2, 1, 3)))
    assert [result for result in results if not isinstance(result, StoreError)] == [1, 2, 3]
    assert await database.read(every_number()) == {1, 2, 3}
    await database.close()


async def test_an_error_in_a_program_reaches_its_caller_alone(tmp_path: Path) -> None:
    @program
    def broken() -> Steps[None]:
        yield "INSERT INTO numbers VALUES (7)", ()
        raise LookupError("not here")

    database, _ = await opened(tmp_path)
    results = await outcomes(database.write(insert(1)), database.write(broken()), database.write(insert(2)))
    assert [type(result) for result in results] == [int, LookupError, int]
    assert await database.read(every_number()) == {1, 2}
    await database.close()


async def test_a_read_sees_every_write_that_was_acknowledged(tmp_path: Path) -> None:
    database, _ = await opened(tmp_path)

    async def write_and_read(number: int) -> bool:
        await database.write(insert(number))
        return number in await database.read(every_number())

    assert all(await outcomes(*(write_and_read(number) for number in range(100))))
    await database.close()


async def test_a_read_does_not_wait_for_writes(tmp_path: Path) -> None:
    database, _ = await opened(tmp_path)
    other = InlineDatabase(tmp_path / "numbers.sqlite")
    other.connection.execute("BEGIN IMMEDIATE")  # the lock that all writes need
    waiting = asyncio.create_task(database.write(insert(1)))
    assert await database.read(every_number()) == set()
    assert not waiting.done()
    other.connection.execute("ROLLBACK")
    assert await waiting == 1
    await database.close()
    await other.close()


async def test_a_caller_that_gives_up_takes_nobody_along(tmp_path: Path) -> None:
    database, _ = await opened(tmp_path)
    writes = [asyncio.create_task(database.write(insert(number))) for number in range(10)]
    await asyncio.sleep(0)  # all have been queued
    for write in writes[::2]:
        write.cancel()
    results = await outcomes(*writes)
    assert results[1::2] == [1, 3, 5, 7, 9]
    assert await database.read(every_number()) >= {1, 3, 5, 7, 9}
    assert await database.write(insert(10)) == 10
    await database.close()


async def test_closing_waits_for_writes(tmp_path: Path) -> None:
    database, _ = await opened(tmp_path)
    writes = [asyncio.create_task(database.write(insert(number))) for number in range(600)]
    await asyncio.sleep(0)
    await database.close()
    assert await outcomes(*writes) == list(range(600))


@pytest.mark.parametrize("make", [insert(1), every_number()])
async def test_a_closed_database_says_so(tmp_path: Path, make: Program[Any]) -> None:
    database, _ = await opened(tmp_path)
    await database.close()
    for use in (database.read, database.write):
        with pytest.raises(StoreError, match=r"numbers\.sqlite: .*closed"):
            await use(make)
