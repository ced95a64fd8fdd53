"""The backup file: whole, exact, and refused in clear words when it is not one."""

import os
from pathlib import Path

import pytest

from harness.migrations.redis.keyspace.backup import Backup, backup_pieces, read_backup
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.pieces import Piece, pieces
from harness.migrations.redis.keyspace.snapshot import read_snapshot, restore
from worker.codeq import embedded

pytestmark = pytest.mark.anyio


async def test_bytes_that_are_no_utf_8_survive(tmp_path: Path) -> None:
    server, other = embedded(), embedded()
    await server.call("HSET", "legacy:tasks", "a", b"\xff\x00 \xe2\x80\xa8")
    await server.call("SET", "legacy:lease:a", "w", "PX", 60_000)
    with Backup(tmp_path / "file", "legacy:", 5) as file:
        async for piece in pieces(server, "legacy:"):
            file.write(piece)
        file.keep()
    await restore(other, backup_pieces(tmp_path / "file"))
    assert read_backup(tmp_path / "file").taken == 5
    assert (await read_snapshot(other, "")).contents() == (await read_snapshot(server, "")).contents()
    assert 0 < await other.call("PTTL", "legacy:lease:a") <= 60_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1"),
        ("[]\n", "line 1: not an object"),
        ("{}\n", "is not a backup: its first line does not say"),
        ('{"format":"understudy-codeq-backup"}\n{"key":"a"', "line 2"),
        (
            '{"format":"understudy-codeq-backup"}\n{"key":"a","type":"list","value":{}}',
            "line 2: no key",
        ),
        (
            '{"format":"understudy-codeq-backup"}\n{"key":"a","type":"string","value":"1","pttl":-1}\n',
            "was cut off: it ends after 1 lines",
        ),
        ('{"format":"understudy-codeq-backup","taken":"today"}\n{"pieces":0}\n', "line 1: taken is 'today'"),
        (
            '{"format":"understudy-codeq-backup","taken":NaN}\n{"pieces":0}\n',
            "line 1: NaN is not a JSON value",
        ),
        ('{"format":"understudy-codeq-backup","taken":1e99}\n{"pieces":0}\n', "line 1: taken is 1e"),
        ('{"format":"understudy-codeq-backup","taken":-1}\n{"pieces":0}\n', "line 1: taken is -1"),
        (
            '{"format":"understudy-codeq-backup"}\n{"key":"a","type":"string","value":"1","pttl":"1"}\n',
            "line 2: pttl is '1', not a whole number",
        ),
        ('{"format":"understudy-codeq-backup"}\n{"pieces":2}\n', "line 2: 0 lines before it, not 2"),
    ],
)
def test_rollback_names_a_file_that_is_not_a_backup(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(MigrationError, match=words):
        read_backup(tmp_path / "file")


def test_a_type_without_a_form_is_not_left_out_silently(tmp_path: Path) -> None:
    with (
        pytest.raises(MigrationError, match="legacy:x is a vectorset"),
        Backup(tmp_path / "file", "legacy:", 0) as file,
    ):
        file.write(Piece("legacy:x", "vectorset", None))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_backup_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    left = tmp_path / "file.part"  # of one that was cut off, by whoever
    left.touch()
    left.chmod(0o644)
    with Backup(path, "legacy:", 5) as backup:
        assert left.stat().st_mode & 0o777 == 0o600
        backup.keep()
    assert path.stat().st_mode & 0o777 == 0o600
