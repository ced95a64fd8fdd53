"""Entries that are moved to rows of D1 without a Worker."""

from pathlib import Path

import pytest

from harness.migration import MigrationError
from harness.model.scenario import Scenario
from harness.rehearsal.result import Result
from kvstore import Entry
from tests.harness.declared.declaring import codes, declared, rehearsed, subject_of

TABLE = "CREATE TABLE links (name TEXT PRIMARY KEY, url TEXT NOT NULL, owner TEXT, expires INTEGER);"
MOVES = """
from harness import Migration, Row

m = Migration("links", binding="LINKS", migrations="migrations")

@m.becomes("link:")
def link(name, old):
    owner = (old.metadata or {}).get("owner")
    return Row("links", {"name": name, "url": old.text, "owner": owner, "expires": old.expiration})

@m.each("link:")
async def migrate_one(kv, key, entry):
    return link(key[5:], entry)
"""
WRITES_ITSELF = MOVES.replace('each("link:")', 'each("link:", to="DB")').replace(
    "    return link(key[5:], entry)",
    """    row = link(key[5:], entry)
    await kv.prepare("INSERT INTO links VALUES (?, ?, ?, ?)").bind(*row.columns.values()).run()""",
)
ENTRIES = {
    ("LINKS", "link:spring"): Entry(b"https://example.com/s", None, '{"owner": "ann"}'),
    ("LINKS", "link:talk"): Entry(b"https://example.com/t", 1_900_000_000),
    ("LINKS", "link:two"): Entry(b"https://example.com/2"),
}


def file_of(folder: Path, code: str) -> Path:
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001_links.sql").write_text(TABLE)
    return declared(folder, code)


def found(folder: Path, code: str, *explore: str) -> Result:
    return rehearsed(file_of(folder, code), ENTRIES, explore=explore, seeds=range(1, 11))


@pytest.mark.parametrize("code", [MOVES, WRITES_ITSELF], ids=["returned", "written"])
def test_rows_are_moved_verified_and_resumed_after_every_fault(tmp_path: Path, code: str) -> None:
    result = found(tmp_path, code, "crashes")
    assert result.decision.verdict == "go", (result.damage, result.unmet)


def test_an_original_whose_row_is_another_is_kept(tmp_path: Path) -> None:
    lossy = MOVES.replace(
        "return link(key[5:], entry)", 'return link(key[5:], entry).at("links", owner=None)'
    )
    result = found(tmp_path, lossy, "schedules")
    assert "metadata-lost" in codes(result)
    record = subject_of(tmp_path / "migration.py", ENTRIES).simulate(Scenario.read("seed=1 entries=3"))
    assert ("LINKS", "link:spring") in record.final
    assert ("LINKS", "link:two") not in record.final


def test_a_crash_between_row_and_deletion_is_gone_over_again(tmp_path: Path) -> None:
    subject = subject_of(file_of(tmp_path, MOVES), ENTRIES)
    record = subject.simulate(Scenario.read("seed=1 entries=3 faults=crash@operator.1:6"))
    assert record.fired
    assert {place for place in record.final if place[0] == "DB.links"} == {
        ("DB.links", name) for name in ("spring", "talk", "two")
    }
    assert not [place for place in record.final if place[0] == "LINKS"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (('migrations="migrations"', 'migrations="elsewhere"'), "there is no .sql file in"),
        (("return link(key[5:], entry)", "return 'done'"), "returns 'd'"),
        (("return link(key[5:], entry)", 'return Row("other", {})'), "there is no table DB.other"),
    ],
)
def test_what_is_declared_wrongly_is_said(tmp_path: Path, wrong: tuple[str, str], said: str) -> None:
    file = file_of(tmp_path, MOVES.replace(*wrong))
    with pytest.raises(MigrationError, match=said):
        subject_of(file, ENTRIES).simulate(Scenario.read("seed=1 entries=1"))
