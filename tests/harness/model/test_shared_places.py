"""What several entries become together, and what a Worker that keeps keys writes: what is wanted of them."""

import json
from collections.abc import Iterator
from typing import Any

from harness import Entry as Wanted
from harness import Migration
from harness.checks import judge
from harness.model.expectation import Expectation
from harness.model.outcomes import Outcomes
from harness.model.record import Act, Call, Place
from kvstore import Entry, Event
from tests.harness.model.test_unknown_deletions import BEGAN, deletion, record

users = Migration("users", before="before", after="after", binding="KV")
moved = Migration("moved", before="before", after="after", binding="KV")


@users.becomes("old:")
def user(name: str, old: Wanted) -> list[Wanted]:
    return [old, old.at("mail:" + old.json["mail"], text="user")]


@moved.becomes("old:")
def document(name: str, old: Wanted) -> Wanted:
    return old.at("new:" + name, json=old.json)


def mail(address: str) -> Entry:
    return Entry(json.dumps({"mail": address}).encode())


def wrote(at: int, who: str, key: str, entry: Entry | None) -> Event:
    verb = "delete" if entry is None else "put"
    return Event(at, BEGAN + 1000 * at, who, verb, key, entry, namespace="KV")  # type: ignore[arg-type]


def found(migration: Migration, start: dict[str, Entry], writes: list[Event], **more: Any) -> Iterator[str]:
    """The codes of what is found when an operator and the first client have made these writes."""
    final: dict[Place, Entry] = {("KV", key): one for key, one in start.items()}
    begun = dict(final)
    for event in writes:
        final.pop(("KV", event.key), None)
        if event.entry is not None:
            final["KV", event.key] = event.entry
    given = {"start": begun, "final": final, "again": final, "migration": migration, **more}
    acts = given.pop("doing", ())
    one = record(writes, *acts, **given)
    expectation = Expectation(one, Outcomes(migration, {}))
    for verdict in judge(one, expectation):
        if verdict.invariant in ("completion", "content", "resurrection", "rollback"):
            yield from (finding.code for finding in verdict.findings)


def doing(outcome: str, stage: str, last: int) -> tuple[Act, Call]:
    act, call = deletion(1, outcome, 0, last)
    call.stage = stage
    return act, call


def test_two_entries_become_one_and_a_deletion_of_one_leaves_that_of_the_other() -> None:
    start = {"old:a": mail("m"), "old:b": mail("m")}
    writes = [wrote(0, "client-1.1", "old:a", None), wrote(1, "operator.1", "mail:m", Entry(b"user"))]
    assert not list(found(users, start, writes, doing=[doing("gone", "after", 1)]))
    del start["old:b"]
    assert list(found(users, start, writes, doing=[doing("gone", "after", 1)])) == ["resurrected"]


def test_what_a_client_writes_in_the_form_of_both_layouts_becomes_all_that_belongs_to_it() -> None:
    start = {"old:a": mail("one"), "mail:one": Entry(b"user")}
    writes = [wrote(0, "client-1.1", "old:a", mail("two")), wrote(1, "client-1.1", "mail:one", None)]
    changed = [doing("changed", "after", 2)]
    assert list(found(users, start, writes, doing=changed)) == ["left-behind"]
    writes.append(wrote(2, "operator.1", "mail:two", Entry(b"user")))
    assert not list(found(users, start, writes, doing=changed))


def test_what_clients_wrote_is_the_same_in_the_old_layout_if_its_json_means_the_same() -> None:
    writes = [
        wrote(0, "client-1.1", "new:a", Entry(b'{"n": 2}')),
        wrote(1, "operator.1", "old:a", Entry(b'{"n":2}')),
    ]
    rolled = {"rolled": 2, "deployed": [(BEGAN, "after"), (BEGAN + 5000, "before")]}
    start = {"old:b": Entry(b'{"n":1}')}
    assert not list(found(moved, start, writes, doing=[doing("made", "after", 1)], **rolled))
    writes[1] = wrote(1, "operator.1", "old:a", Entry(b'{"n":1}'))
    found_then = list(found(moved, start, writes, doing=[doing("made", "after", 1)], **rolled))
    assert found_then == ["written-since-changed"]
