"""The limits are one table; the page shows it."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from worker.d1 import D1Database, Database
from worker.d1.limits import LIMITS
from worker.sdk.ffi.errors import JsException

PAGE = Path(__file__).parents[3] / "docs" / "d1.md"
ROW = re.compile(r"^\| `(\w+)` \| [^|]*? \| ([\d,]+) ", re.MULTILINE)


def test_the_page_has_every_limit_and_no_other() -> None:
    shown = {name: int(number.replace(",", "")) for name, number in ROW.findall(PAGE.read_text())}
    assert shown == asdict(LIMITS)


@pytest.mark.anyio
async def test_a_statement_that_failed_is_counted_as_what_it_is_later() -> None:
    db = D1Database(Database())
    insert = db.prepare("INSERT INTO t VALUES (?)").bind("a")
    with pytest.raises(JsException):
        await insert.run()
    await db.exec("CREATE TABLE t (x)")
    assert (await insert.run())["meta"]["rows_written"] == 1
    await db.exec("CREATE INDEX i ON t (x)")
    assert (await insert.run())["meta"]["rows_written"] == 2


@pytest.mark.anyio
async def test_a_batch_of_one_text_counts_each() -> None:
    db = D1Database(Database())
    await db.exec("CREATE TABLE t (x)")
    insert = db.prepare("INSERT INTO t VALUES (?)")
    results = await db.batch([insert.bind(one) for one in ("a", "\ud800", "c", None)])
    assert [(one["meta"]["changes"], one["meta"]["last_row_id"]) for one in results] == [
        (1, 1),
        (1, 2),
        (1, 3),
        (1, 4),
    ]
    rows = await db.prepare("SELECT x FROM t").raw()
    assert rows == [["a"], ["\ufffd" * 3], ["c"], [None]]


@pytest.mark.anyio
async def test_explain_follows_a_change_of_the_schema() -> None:
    db = D1Database(Database())
    await db.exec("CREATE TABLE t (x)")
    program = db.prepare("/* how */ explain SELECT * FROM t")

    async def columns() -> int:
        return sum(row["opcode"] == "Column" for row in (await program.all())["results"])

    assert await columns() == 1
    await db.exec("ALTER TABLE t ADD COLUMN y")
    assert await columns() == 2
