"""One small migration of each kind that people do: the right one is GO, and each wrong one is found."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.model.scenario import Scenario
from harness.rehearsal.subject import loaded
from kvstore import Entry
from tests.harness.declared import small_workers as small
from tests.harness.declared.declaring import BEGAN, codes, declared, rehearsed, subject_of, worker

NOW = BEGAN // 1000
LATER = NOW + 3 * 86_400
RIGHT = ("", "")

KINDS: dict[str, tuple[str, str, dict[str, Entry]]] = {
    "rekeyed": (
        small.REKEYED,
        small.REKEYING,
        {f"session:{n}": Entry(b'{"user":"u"}', LATER + n, '{"of":"u"}') for n in range(5)},
    ),
    "split": (
        small.SPLIT,
        small.SPLITTING,
        {
            "posts": Entry(json.dumps([{"id": f"p{n}", "text": "é" * n} for n in range(1, 7)]).encode()),
            "theme": Entry(b"dark"),
        },
    ),
    "titled": (
        small.TITLED,
        small.TITLING,
        {f"note:{n}": Entry(b"title\nbody", LATER if n % 2 else None) for n in range(5)},
    ),
    "indexed": (
        small.INDEXED,
        small.INDEXING,
        {f"user:{n}": Entry(b'{"email":"%d@example.com"}' % n, LATER if n % 2 else None) for n in range(5)},
    ),
    "lazy": (
        small.LAZY,
        small.MOVING_LAZILY,
        {f"doc:{n}": Entry(b"text", LATER if n % 2 else None, '{"by":"me"}') for n in range(5)},
    ),
}

MISTAKES = [
    ("rekeyed", "a ttl instead", "**self.lifetime(until))", "expirationTtl=604800)", "expires-later"),
    ("rekeyed", "metadata forgotten", "metadata=metadata, **self", "**self", "metadata-lost"),
    ("rekeyed", "what ends soon is not looked at", "self.ends_soon(until) or", "", "expiration-refused"),
    (
        "split",
        "deleted first",
        "        is_last = first",
        '        await self.env.KV.delete("posts")\n        is_last = first',
        "nowhere-for-a-while",
    ),
    ("split", "one forgotten", "[first : first + self.SIZE], is", "[first : first + 5], is", "lost"),
    ("split", "a long list at once", "SIZE = 20", "SIZE = 100_000", "budget"),
    ("split", "another text", 'post["text"])', 'post["text"].upper())', "value-changed"),
    ("titled", "expiration forgotten", "=shown, **self.lifetime(until)", "=shown", "expiration-lost"),
    ("titled", "another text", "put(key, text,", "put(key, text + '.',", "value-changed"),
    ("titled", "another member", '{"title": text', '{"name": text', "metadata-changed"),
    ("indexed", "expiration forgotten", ", **self.lifetime(until))", ")", "expiration-lost"),
    ("indexed", "the whole key", 'key.removeprefix("user:")', "key", "value-changed"),
    ("indexed", "another prefix", '"email:" + email', '"mail:" + email', "created"),
    ("lazy", "expiration forgotten", ", **until)", ")", "expiration-lost"),
    ("lazy", "only the new layout is read", "if found is None:", "if False:", "not-found"),
]  # fmt: skip


def _found(folder: Path, kind: str, mistake: tuple[str, str], **options: Any) -> set[str]:
    after, migration, entries = KINDS[kind]
    assert mistake[0] in after
    changed = after.replace(*mistake) if mistake[0] else after
    before = after.partition("\n\n")[0].rstrip() + "\n"
    worker(folder / "old", small.STEPS + before)
    worker(folder / "new", small.STEPS + changed)
    path = declared(folder, small.BEGINNING + migration + small.RUNBOOK)
    stored = {("KV", key): entry for key, entry in entries.items()}
    result = rehearsed(path, stored, **options)
    assert all(part.tally.looked.moved for part in result.parts)
    return codes(result)


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_one_is_go(tmp_path: Path, kind: str) -> None:
    assert not _found(tmp_path, kind, RIGHT, seeds=range(1, 31))


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "expected"),
    [
        pytest.param(kind, right, wrong, code, id=f"{kind}-{name}")
        for kind, name, right, wrong, code in MISTAKES
    ],
)
def test_a_mistake_is_found(tmp_path: Path, kind: str, right: str, wrong: str, expected: str) -> None:
    found = _found(
        tmp_path, kind, (right, wrong), explore=("walks", "crashes", "schedules"), seeds=range(1, 31)
    )
    assert expected in found


def _two(folder: Path, code: str) -> set[str]:
    entries = {("OLD", f"k{n}"): Entry(b"\xff%d" % n, LATER if n % 2 else None, '{"n":1}') for n in range(6)}
    result = rehearsed(declared(folder, code), entries, seeds=range(1, 31))
    assert result.damage or result.decision.looked.moved  # type: ignore[union-attr]
    return codes(result)


def test_a_namespace_moves_to_another_without_a_worker(tmp_path: Path) -> None:
    assert not _two(tmp_path, small.TWO_NAMESPACES)


def test_entries_forgotten_between_two_namespaces_are_found(tmp_path: Path) -> None:
    code = small.TWO_NAMESPACES.replace("**entry.options", "expiration=entry.expiration or 1_900_000_000")
    assert "metadata-lost" in _two(tmp_path, code)


NOTHING_MOVES = """
@m.each("user:")
async def stay(kv, key, entry):
    pass
"""


def test_more_entries_are_made_where_each_must_become_something_else(tmp_path: Path) -> None:
    _, code, entries = KINDS["indexed"]
    code = small.BEGINNING.replace('before="old", after="new", ', "") + code + NOTHING_MOVES
    subject = subject_of(declared(tmp_path, code), {("KV", key): entry for key, entry in entries.items()})
    start = loaded(subject).start(subject, Scenario(entries=40))
    assert len({json.loads(entry.value)["email"] for entry in start.values()}) == len(start) == 40
