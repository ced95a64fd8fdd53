"""Declares small migrations in a folder, and rehearses them in this process."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

from harness.explore.workforce import Here
from harness.rehearsal.rehearsal import rehearse
from harness.rehearsal.result import Result
from harness.rehearsal.subject import Subject, loaded, sampled
from kvstore import Entry, ManualClock, read_bulk

BEGAN = 1_800_000_000_000
WRANGLER = """
name = "small"
main = "entry.py"
compatibility_date = "2026-04-21"
compatibility_flags = ["python_workers"]
"""


def bound(class_name: str) -> str:
    """The part of a configuration that binds a class of Durable Objects, under its name in capitals."""
    return f"""
[[durable_objects.bindings]]
name = "{class_name.upper()}"
class_name = "{class_name}"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["{class_name}"]
"""


# Every entry below old: goes to new:, each by itself.
EACH = """
from harness import Migration

m = Migration("small", binding="KV", notes="note:")

@m.becomes("old:")
def entry(name, old):
    return old.at("new:" + name)

@m.each("old:")
async def migrate_one(kv, key, entry):
    await kv.put("new:" + key[4:], entry.value, **entry.options)
"""
# The same, done by the Worker in the folder app; the runbook comes behind it.
MOVED = """
from harness import Migration

m = Migration("moved", before="app", after="app", binding="KV")

@m.becomes("old:")
def entry(name, old):
    return old.at("new:" + name)
"""
# A Worker that takes another's place, and is then asked to move everything.
RUNBOOK = """
@m.operator
async def runbook(op):
    await op.deploy("after")
    await op.until_done("/move")
"""
# Nothing moves, and the runbook begins with a deployment.
SAME = """
@m.becomes("")
def same(name, old):
    return old

@m.operator
async def runbook(op):
    await op.deploy("after")
"""
# The rows of a table go into the table TARGET, while they are read.
ROWS_MOVED = """
from harness import Migration, Row

m = Migration("links", before="before", after="after")

@m.becomes(table="links")
def link(name, old):
    return Row("TARGET", {"name": name, "url": old["url"]})

@m.operator
async def runbook(op):
    await op.apply("after")
    await op.settle()
    await op.deploy("after")

@m.reads(table="links")
async def read(who, name):
    return (await who.get(f"/{name}")).status == 200
"""


def entries_of(example: Path, binding: str) -> dict[tuple[str, str], Entry]:
    """The entries of a file that ``wrangler kv bulk put`` takes, by binding and key."""
    copy = read_bulk(example.read_text(), ManualClock(BEGAN), example.name)
    return {(binding, key): entry for key, entry in copy.entries.items()}


def worker(folder: Path, code: str, bindings: Sequence[str] = ("KV",)) -> None:
    """Write a Worker of one file."""
    folder.mkdir(parents=True)
    bound = "".join(f'\n[[kv_namespaces]]\nbinding = "{name}"\n' for name in bindings)
    (folder / "wrangler.toml").write_text(WRANGLER + bound)
    (folder / "entry.py").write_text(dedent(code))


def declared(folder: Path, code: str) -> Path:
    """Write the file that declares a migration."""
    path = folder / "migration.py"
    path.write_text(dedent(code))
    return path


def subject_of(path: Path, entries: Mapping[tuple[str, str], Entry]) -> Subject:
    """The migration with what a search draws from."""
    migration = loaded(Subject(path, (), BEGAN)).migration
    return Subject(path, sampled(migration, entries), BEGAN)


def rehearsed(path: Path, entries: Mapping[tuple[str, str], Entry], **options: Any) -> Result:
    """The rehearsal of a declared migration, in this process."""
    return rehearse(subject_of(path, entries), entries, Here(), **options)


def codes(result: Result) -> set[str]:
    """What was found, by the codes of the findings."""
    return {one.key[1] for one in result.damage}
