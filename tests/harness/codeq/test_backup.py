"""The backup file: whole, exact, and refused in clear words when it is not one."""

from pathlib import Path

import pytest

from harness.codeq.backup import read_backup, write_backup
from harness.codeq.errors import MigrationError
from harness.codeq.snapshot import Entry, Snapshot, read_snapshot, restore
from worker.codeq import embedded

pytestmark = pytest.mark.anyio


async def test_bytes_that_are_no_utf_8_survive(tmp_path: Path) -> None:
    server, other = embedded(), embedded()
    await server.call("HSET", "legacy:tasks", "a", b"\xff\x00 \xe2\x80\xa8")
    await server.call("SET", "legacy:lease:a", "w", "PX", 60_000)
    write_backup(tmp_path / "file", await read_snapshot(server, "legacy:"), 5)
    found = read_backup(tmp_path / "file")
    await restore(other, found)
    assert found.taken == 5
    assert (await read_snapshot(other, "")).contents() == (await read_snapshot(server, "")).contents()
    assert 0 < await other.call("PTTL", "legacy:lease:a") <= 60_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1"),
        ("[]\n", "line 1: not an object"),
        ("{}\n", "is no backup: its first line does not say"),
        ('{"format":"understudy-codeq-backup"}\n{"key":"a"', "line 2"),
        (
            '{"format":"understudy-codeq-backup"}\n{"key":"a","type":"list","value":{}}',
            "line 2: no key",
        ),
    ],
)
def test_what_is_no_backup_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(MigrationError, match=words):
        read_backup(tmp_path / "file")


def test_a_type_without_a_form_is_not_left_out_silently(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="legacy:x is a stream"):
        write_backup(tmp_path / "file", Snapshot("legacy:", {"legacy:x": Entry("stream", None)}), 0)
    assert list(tmp_path.iterdir()) == []
