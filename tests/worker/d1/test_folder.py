"""The databases of wrangler's state folder: their names, who opens them, and what survives."""

import json
from pathlib import Path

import pytest

from kvstore.errors import StateError
from tests.worker.d1.recordings import VECTORS
from worker.d1 import D1Database, DatabaseFolder, database_path

pytestmark = pytest.mark.anyio

DATABASES = json.loads((VECTORS / "disk.json").read_text())["databases"]


@pytest.mark.parametrize("database", DATABASES, ids=lambda database: database["id"])
def test_files_are_named_as_wranglers_runtime_names_them(database: dict[str, str]) -> None:
    assert database_path(Path("root"), database["id"]) == Path("root", database["by_rule"])


async def test_rows_stay_when_the_folder_is_opened_again(tmp_path: Path) -> None:
    for expected in (1, 2):
        folder = DatabaseFolder(tmp_path)
        db = D1Database(folder("links"))
        await db.exec("CREATE TABLE IF NOT EXISTS t (x)\nINSERT INTO t VALUES (1)")
        assert await db.prepare("SELECT count(*) AS n FROM t").first("n") == expected
        await folder.close()


async def test_nothing_is_made_before_a_database_is_asked(tmp_path: Path) -> None:
    folder = DatabaseFolder(tmp_path / "d1")
    folder("links")
    await folder.close()
    assert not (tmp_path / "d1").exists()


async def test_a_database_that_was_let_go_is_opened_again(tmp_path: Path) -> None:
    folder = DatabaseFolder(tmp_path)
    service = folder("links")
    await D1Database(service).exec("CREATE TABLE t (x)")
    await folder.close()
    assert await D1Database(service).prepare("SELECT count(*) AS n FROM t").first("n") == 0
    await service.close()


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = database_path(tmp_path, "links")
    path.parent.mkdir(parents=True)
    path.write_text("no database at all, and long enough to be looked at as one" * 20)
    folder = DatabaseFolder(tmp_path)
    with pytest.raises(StateError, match="cannot use .*sqlite"):
        await D1Database(folder("links")).exec("SELECT 1")
    await folder.close()
