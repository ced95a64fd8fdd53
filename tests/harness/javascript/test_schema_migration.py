"""Tables that change under JavaScript Workers that have D1 and no KV."""

from pathlib import Path

import pytest

from harness.cli.run import Wanted, open_migration
from harness.model.scenario import Scenario
from harness.rehearsal.subject import Subject, loaded
from harness.system.javascript.code import JavaScriptCode
from tests.harness.declared.declaring import ROWS_MOVED
from tests.harness.javascript.running import OPEN
from worker.d1 import D1Database, DatabaseFolder

pytestmark = [pytest.mark.workerd, pytest.mark.usefixtures("javascript"), pytest.mark.anyio]
CONFIG = """
name = "links"
main = "index.js"
compatibility_date = "2026-04-21"
[[d1_databases]]
binding = "DB"
database_id = "links"
database_name = "links"
"""
CODE = """
export default { async fetch(request, { DB }) {
  const name = new URL(request.url).pathname.slice(1);
  const url = await DB.prepare("SELECT url FROM TABLE WHERE name = ?").bind(name).first("url");
  return new Response(url, { status: url === null ? 404 : 200 });
} };
"""
FIRST = "CREATE TABLE links (name TEXT PRIMARY KEY, url TEXT)"
COPY = "CREATE TABLE pages (name TEXT PRIMARY KEY, url TEXT); INSERT INTO pages SELECT * FROM links;"


async def opened(folder: Path, second: str) -> Subject:
    """The migration of a database with a row, whose second file is ``second``."""
    for name, table, files in (("before", "links", [FIRST]), ("after", "pages", [FIRST, second])):
        (folder / name / "migrations").mkdir(parents=True)
        (folder / name / "wrangler.toml").write_text(CONFIG)
        (folder / name / "index.js").write_text(CODE.replace("TABLE", table))
        for number, text in enumerate(files):
            (folder / name / "migrations" / f"{number}.sql").write_text(text)
    databases = DatabaseFolder(folder / "before" / ".wrangler" / "state" / "v3" / "d1")
    db = D1Database(databases("links"))
    await db.exec(FIRST + "\nINSERT INTO links VALUES ('a', 'https://a.example')")
    await db.exec("CREATE TABLE d1_migrations (name TEXT)\nINSERT INTO d1_migrations VALUES ('0.sql')")
    await databases.close()
    file = folder / f"{folder.name}.py"
    file.write_text(ROWS_MOVED.replace("TARGET", "pages"))
    subject = open_migration(Wanted(file, [str(folder / "before")], at="2026-11-30T12:00:00Z")).subject
    codes = [stage.worker_code for stage in loaded(subject).stages.all()]
    OPEN.extend(code for code in codes if isinstance(code, JavaScriptCode) and code not in OPEN)
    return subject


@pytest.mark.parametrize("drops", [False, True])
async def test_a_table_that_is_dropped_while_it_is_read_is_found(tmp_path: Path, drops: bool) -> None:
    subject = await opened(tmp_path / f"pages_{drops}", COPY + "DROP TABLE links;" * drops)
    record = subject.simulate(Scenario(colos=2, readers=1))
    found = {verdict.invariant for verdict in subject.judge(record) if verdict.findings}
    assert found == {"readers" if drops else "completion"}  # what is not dropped is left behind
