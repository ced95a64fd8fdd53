"""Bindings with methods take and give Python's values, as in the SDK."""

from pathlib import Path

import pytest

from tests.worker.runtime.projects import answering, asked, project
from worker.d1 import D1Database, Database
from worker.runtime import load_worker

pytestmark = pytest.mark.anyio

ANSWERS = {
    "None is NULL, there and back": (
        "dict(await db.prepare('SELECT ? AS a').bind(None).first())",
        {"a": None},
    ),
    "no row is None": ("await db.prepare('SELECT 1 WHERE 0').first()", None),
    "members are attributes and items": (
        "[(r := await db.prepare('SELECT 1 AS a').all()).results[0].a, r['results'][0]['a']]",
        [1, 1],
    ),
    "rows are lists": ("await db.prepare('SELECT 1, ?').bind('b').raw()", [[1, "b"]]),
    "keywords are options": ("await db.prepare('SELECT 1 AS a').raw(columnNames=True)", [["a"], [1]]),
    "statements in a list": (
        "[one['success'] for one in await db.batch([db.prepare('SELECT 1'), db.prepare('SELECT 2')])]",
        [True, True],
    ),
    "sessions": ("(await db.withSession('first-primary').prepare('SELECT 1 AS a').first()).a", 1),
    "tasks": ("(await asyncio.create_task(db.prepare('SELECT 1 AS a').all()))['success']", True),
    "several at once": (
        "[one.a for one in await asyncio.gather(*(db.prepare('SELECT 1 AS a').first() for _ in 'ab'))]",
        [1, 1],
    ),
    "without waiting": ("run_sync(db.prepare('SELECT 1 AS a').first()).a", 1),
}


@pytest.mark.parametrize("kind", ANSWERS)
async def test_a_database_speaks_python(tmp_path: Path, kind: str) -> None:
    expression, expected = ANSWERS[kind]
    imports = "import asyncio\nfrom pyodide.ffi import run_sync"
    files = answering(expression.replace("db.", "self.env.DB."), imports)
    worker = load_worker(project(tmp_path / "a", files), {"DB": D1Database(Database())})
    assert await asked(worker) == expected
