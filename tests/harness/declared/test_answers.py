"""What nobody has to declare: the Worker after answers, and writes for clients, as the one before did."""

import shutil
from pathlib import Path

import pytest

from harness.model.scenario import Scenario
from kvstore import Entry
from tests.harness.declared.declaring import SAME, declared, subject_of, worker
from tests.harness.declared.test_links import ENTRIES, LINKS

QUIET = Scenario(conditions="local")
ANSWER = 'Response("no such link", status=404)'


def found(folder: Path, right: str, wrong: str, declared: tuple[str, str] = ("", "")) -> dict[str, str]:
    """What the comparison finds in the careful Worker with something else in the place of ``right``."""
    shutil.copytree(LINKS, folder / "links")
    entry, migration = folder / "links" / "careful" / "src" / "entry.py", folder / "links" / "migration.py"
    for path, old, new in ((entry, right, wrong), (migration, *declared)):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    subject = subject_of(migration, ENTRIES)
    verdicts = {one.invariant: one for one in subject.judge(subject.simulate(QUIET))}
    answers = verdicts["answers"]
    assert answers.looked or "changed" in declared[1]
    return {one.code: str(one.keys) for one in answers.findings}


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        (ANSWER, 'Response("no such link", status=403)', "answers-differ"),
        (ANSWER, 'Response("gone", status=404)', "answers-differ"),
        ('headers={"location": url}', 'headers={"location": url + "/"}', "answers-differ"),
        ('Response("", status=204)', 'Response("", status=200)', "answers-differ"),
        ('asked["url"], metadata=shown', 'asked["url"]', "writes-differ"),
        ('{"owner": asked["owner"], ', "{", "writes-differ"),
        ("self.env.LINKS.put(NEW + name, asked", "self.env.LINKS.put(name, asked", "writes-differ"),
        ('asked["url"], metadata', 'asked["url"], expirationTtl=3600, metadata', "writes-differ"),
        (
            "await self.env.LINKS.delete(OLD + name)\n        return R",
            'await self.env.LINKS.put("x:" + name, "")\n        return R',
            "writes-more",
        ),
    ],
)
def test_answers_that_differ_are_found(tmp_path: Path, right: str, wrong: str, code: str) -> None:
    assert code in found(tmp_path, right, wrong)


def test_the_right_worker_does_the_same(tmp_path: Path) -> None:
    assert not found(tmp_path, "", "")


@pytest.mark.parametrize(
    "declared",
    [
        ('binding="LINKS"', 'binding="LINKS", answers="changed"'),
        ('@links.reads("link:")', '@links.reads("link:", answers="changed")'),
    ],
)
def test_declared_changes_of_answers_are_accepted(tmp_path: Path, declared: tuple[str, str]) -> None:
    wrong = ANSWER.replace("404", "410")
    assert not found(tmp_path, ANSWER, wrong, declared)


def test_times_and_random_ids_in_answers_may_differ(tmp_path: Path) -> None:
    assert not found(tmp_path, "int(time.time())}", "int(time.time()) + 7}")


SAME_AND_BACK = f"""
from harness import Migration

m = Migration("notes", binding="KV", before="app", after="app")
{SAME}
@m.changes("old:")
async def remove(who, name):
    await who.delete("/" + name)
    who.gone(name)

@m.changes("old:")
async def restore(who, name):
    await who.put("/" + name)
    who.made(name)
"""


def test_only_a_name_that_does_not_reach_the_worker_is_left_out(tmp_path: Path) -> None:
    """There are no readers. That one client deletes an entry and another makes it again is no reason."""
    worker(
        tmp_path / "app",
        """
        from urllib.parse import urlparse
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                key = "old:" + urlparse(request.url).path[1:]
                if request.method == "PUT":
                    await self.env.KV.put(key, "again")
                else:
                    await self.env.KV.delete(key)
                return Response("", status=204)
        """,
    )
    path = declared(tmp_path, SAME_AND_BACK)
    entries = {("KV", key): Entry(b"") for key in ("old:a", "old:a?b")}
    record = subject_of(path, entries).simulate(Scenario(conditions="local", entries=2))
    assert record.unreadable == {("KV", "old:a?b")}
