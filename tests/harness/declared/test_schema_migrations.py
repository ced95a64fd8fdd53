"""Rows that become other rows: files of SQL are applied to a copy while the old Worker goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.rehearse import main
from harness.model.row import stored_row
from harness.model.scenario import Scenario
from harness.rehearsal.subject import Subject, loaded
from harness.system.tables import DatabaseCopy
from kvstore import Entry
from tests.harness.declared.declaring import BEGAN, ROWS_MOVED, WRANGLER, declared, rehearsed, subject_of
from worker.d1 import Ask, Database, Query, database_path

DATABASE = """
[[d1_databases]]
binding = "DB"
database_name = "links"
database_id = "links"
"""
WORKER = """
from urllib.parse import unquote, urlparse

from workers import Response, WorkerEntrypoint

READ, INSERT = {read!r}, {insert!r}


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = unquote(urlparse(request.url).path[1:])
        if request.method == "PUT":
            await self.env.DB.prepare(INSERT).bind(name, "https://new.example").run()
            return Response("", status=201)
        url = await self.env.DB.prepare(READ).bind(name).first("url")
        return Response("", status=404) if url is None else Response(url)
"""
DECLARED = f"""{ROWS_MOVED}
@m.changes(table="links")
async def create(who, name):
    if (await who.put(f"/{{name}}-{{who.name}}")).ok:
        who.made(f"{{name}}-{{who.name}}")
"""
OLD = "CREATE TABLE links (name TEXT PRIMARY KEY, url TEXT NOT NULL);"
READ = "SELECT url FROM links WHERE name = ?"
NAMED = "INSERT INTO links (name, url) VALUES (?, ?)"
ROWS = {("DB.links", name): stored_row({"name": name, "url": f"https://{name}.example"}) for name in "abc"}


def migration(
    folder: Path, files: list[str], before: str, after: str = NAMED, read: str = READ, target: str = "links"
) -> Path:
    for stage, reading, insert in (("before", READ, before), ("after", read, after)):
        (folder / stage / "migrations").mkdir(parents=True)
        (folder / stage / "wrangler.toml").write_text(WRANGLER + DATABASE)
        (folder / stage / "entry.py").write_text(WORKER.format(read=reading, insert=insert))
        (folder / stage / "migrations" / "0001.sql").write_text(OLD)
    for number, sql in enumerate(files, 2):
        (folder / "after" / "migrations" / f"000{number}.sql").write_text(sql)
    return declared(folder, DECLARED.replace("TARGET", target))


def found(path: Path, line: str, rows: dict[tuple[str, str], Entry] = ROWS) -> set[str]:
    subject = subject_of(path, rows)
    verdicts = subject.judge(subject.simulate(Scenario.read(line)))
    return {finding.code for one in verdicts for finding in one.findings}


ADDED = ["ALTER TABLE links ADD COLUMN clicks INTEGER NOT NULL DEFAULT 0;"]
COPIED = [
    "CREATE TABLE pages (name TEXT PRIMARY KEY, url TEXT NOT NULL); INSERT INTO pages SELECT * FROM links;",
    "DROP TABLE links;",
]
PAGES: dict[str, Any] = {
    "after": "INSERT INTO pages (name, url) VALUES (?, ?)",
    "read": "SELECT url FROM pages WHERE name = ?",
    "target": "pages",
}


def test_a_column_that_is_added_harms_nobody(tmp_path: Path) -> None:
    path = migration(tmp_path, ADDED, before=NAMED)
    for line in ("entries=3", "readers=1 clients=1", "clients=2 rounds=3 colos=2 rollout=60"):
        assert found(path, line) == set()


def test_a_migration_that_never_asks_kv_comes_to_go(tmp_path: Path) -> None:
    result = rehearsed(migration(tmp_path, ADDED, before=NAMED), ROWS, explore=("walks", "crashes"))
    assert result.decision.verdict == "go", result.decision.reasons
    assert "a key a page" not in result.parts[0].what, "there are no keys to list"


def test_an_old_worker_that_names_no_columns_fails_beside_the_new_table(tmp_path: Path) -> None:
    files = [*ADDED, "CREATE INDEX by_url ON links (url);"]
    path = migration(tmp_path, files, before="INSERT INTO links VALUES (?, ?)")
    assert found(path, "entries=1 interrupt=create@operator.1:2") == {"query-error"}


def test_a_table_that_is_dropped_before_the_old_worker_is_gone_is_missed(tmp_path: Path) -> None:
    path = migration(tmp_path, COPIED, before=NAMED, **PAGES)
    assert found(path, "entries=3 readers=2 colos=2") == {"query-error"}


def test_a_row_that_is_written_between_two_files_is_lost(tmp_path: Path) -> None:
    path = migration(tmp_path, COPIED, before=NAMED, **PAGES)
    assert "lost" in found(path, "entries=1 interrupt=create@operator.1:2")


@pytest.mark.parametrize("kind", ["crash", "refused", "unanswered", "timeout"])
@pytest.mark.parametrize("operation", [1, 2])
def test_a_fault_between_two_files_leaves_nothing_half_done(
    tmp_path: Path, kind: str, operation: int
) -> None:
    path = migration(tmp_path, COPIED, before=NAMED, **PAGES)
    assert found(path, f"entries=3 faults={kind}@operator.1:{operation}") == set()


def test_rows_are_taken_from_a_state_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = migration(tmp_path, ADDED, before=NAMED)
    file = database_path(tmp_path / "before" / ".wrangler" / "state" / "v3" / "d1", "links")
    database = Database(file)
    for sql in (
        OLD,
        "INSERT INTO links VALUES ('a', 'https://a.example'), ('b', 'https://b.example')",
        "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE)",
        "INSERT INTO d1_migrations (name) VALUES ('0001.sql')",
    ):
        database.answer(Ask("query", [Query(sql)]))
    database.close()
    before = file.read_bytes()
    code = main(["run", str(path), "--scenario", "entries=2 readers=1"])
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert file.read_bytes() == before
    assert "GET /a" in printed


REGISTERED = DatabaseCopy(
    "DB",
    (
        "CREATE TABLE links (name TEXT PRIMARY KEY, url TEXT NOT NULL, owner TEXT, clicks INTEGER)",
        "CREATE TABLE pages (name TEXT PRIMARY KEY, url TEXT NOT NULL)",
    ),
    ("0001.sql",),
)
OWNED = {
    ("DB.links", name): stored_row(
        {"name": name, "url": f"https://{name}.example", "owner": name.upper(), "clicks": 3}
    )
    for name in "abc"
}


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        ("null", {"owner": None}),
        ("empty", {"owner": ""}),
        ("unicode", {"owner": "é漢🎉"}),
        ("long-text", {"owner": "x" * 100_001}),
        ("text-for-number", {"clicks": "not a number"}),
    ],
)
def test_there_are_odd_rows_of_each_kind(tmp_path: Path, kind: str, held: dict[str, Any]) -> None:
    path = migration(tmp_path, [], before=NAMED)
    subject = Subject(path, tuple(OWNED.items()), BEGAN, databases=(REGISTERED,))
    found = [
        json.loads(entry.value)
        for seed in range(1, 30)
        for entry in loaded(subject).start(subject, Scenario(seed=seed, odd=(kind,))).values()
    ]
    odd = [row for row in found if row not in [json.loads(entry.value) for entry in OWNED.values()]]
    assert any(held.items() <= row.items() for row in odd)
    assert all(row["url"] is not None for row in odd)


def test_a_copy_that_skips_what_is_null_is_found(tmp_path: Path) -> None:
    path = migration(tmp_path, [], before=NAMED, **PAGES)
    copied = "INSERT OR IGNORE INTO pages SELECT name, url FROM links WHERE owner <> ''; DELETE FROM links;"
    (tmp_path / "after" / "migrations" / "0002.sql").write_text(copied)
    subject = Subject(path, tuple(OWNED.items()), BEGAN, databases=(REGISTERED,))
    assert "null" in loaded(subject).sample(subject).oddities

    def told(odd: str) -> set[str]:
        verdicts = subject.judge(subject.simulate(Scenario.read(f"entries=2 {odd}")))
        return {finding.code for one in verdicts for finding in one.findings}

    assert told("") == set()
    assert any(told(f"seed={seed} odd=null") for seed in range(1, 9))


def test_a_file_that_an_odd_row_stops_is_found_and_ends_no_search(tmp_path: Path) -> None:
    path = migration(tmp_path, [], before=NAMED, **PAGES)
    path.write_text(path.read_text().replace('await op.apply("after")', "pass"))
    (tmp_path / "after" / "migrations" / "0002.sql").write_text(
        "INSERT INTO pages SELECT name, url FROM links"
    )
    subject = Subject(path, tuple(OWNED.items()), BEGAN, databases=(REGISTERED,))
    failures = subject.simulate(Scenario.read("entries=2 odd=target-there")).failures
    assert "UNIQUE constraint failed: pages.name" in failures[0].why
