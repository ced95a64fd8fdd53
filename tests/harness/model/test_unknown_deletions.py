"""A deletion excuses what is missing only where it can have done something and nobody knows better."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from harness import Entry as Wanted
from harness import Migration
from harness.checks import conservation, idempotency
from harness.migration import Rule
from harness.model.expectation import Expectation
from harness.model.outcomes import Outcomes
from harness.model.record import Act, Call, Place, Record
from harness.model.scenario import Scenario
from kvstore import Entry, Event

BEGAN = 1_800_000_000_000
OLD, NEW = ("KV", "old:a"), ("KV", "new:a")
STORED = Entry(b"v")

migration = Migration("small", before="before", after="after", binding="KV")


@migration.becomes("old:")
def entry(name: str, old: Wanted) -> Wanted:
    return old.at("new:" + name)


def written(*writes: tuple[str, str, Place]) -> list[Event]:
    """Writes, a second apart: who, which verb, where."""
    return [
        Event(at, BEGAN + 1000 * at, who, verb, key, STORED if verb == "put" else None, namespace=namespace)  # type: ignore[arg-type]
        for at, (who, verb, (namespace, key)) in enumerate(writes)
    ]


def deletion(number: int, outcome: str, first: int, last: int) -> tuple[Act, Call]:
    """A client's act while the writes from ``first`` to ``last`` are made, and its request."""
    name, sent, ended = f"client-1.{number}", BEGAN + 1000 * first - 500, BEGAN + 1000 * last - 600
    rule = Rule("old:", lambda: None, "KV", "KV")
    act = Act(rule, "a", "client-1", "client", sent, first, outcome, ended, last)
    status = 500 if outcome == "unknown" else 200
    call = Call(name, "client-1", "AMS", "remove", "DELETE", "/a", None, sent, first, role="client")
    return act, replace(call, answered=ended, status=status, last=last)


def record(writes: Sequence[Event], *acts: tuple[Act, Call], **more: Any) -> Record:
    """What is left when those writes have been made, and a second run writes nothing."""
    stored = {OLD: STORED}
    for event in writes:
        where = event.namespace, event.key
        if event.entry is not None:
            stored[where] = event.entry
        else:
            stored.pop(where, None)
    given: dict[str, Any] = {
        "scenario": Scenario(),
        "start": {OLD: STORED},
        "final": stored,
        "writes": writes,
        "calls": [call for _, call in acts],
        "asked": (),
        "began": BEGAN,
        "ended": BEGAN + 600_000,
        "migration": migration,
        "acts": [act for act, _ in acts],
        "interrupted": (),
        "failures": (),
        "second": (),
        "again": stored,
        "again_at": BEGAN + 900_000,
        "rolled": None,
    }
    return Record(**{**given, **more})


def found(one: Record) -> Iterator[str]:
    """The codes of what is found."""
    expectation = Expectation(one, Outcomes(migration, {}))
    for check in (conservation, idempotency):
        yield from (finding.code for finding in check.check(one, expectation) if finding is not None)


LOST = written(("operator.1", "delete", OLD), ("operator.1", "put", NEW))


def test_a_deletion_that_failed_and_wrote_nothing_excuses_nothing() -> None:
    assert list(found(record(LOST, deletion(1, "unknown", 0, 2)))) == ["nowhere-for-a-while"]
    gone = written(("operator.1", "delete", OLD))
    assert list(found(record(gone, deletion(1, "unknown", 0, 1)))) == ["lost"]


def test_a_loss_before_the_deletion_wrote_anything_is_the_migrations() -> None:
    writes = written(("operator.1", "delete", OLD), ("client-1.1", "delete", NEW))
    assert list(found(record(writes, deletion(1, "gone", 0, 2)))) == ["nowhere-for-a-while"]


def test_a_deletion_that_had_begun_may_have_been_seen() -> None:
    writes = written(("client-1.1", "put", ("KV", "gone:a")), ("operator.1", "delete", OLD))
    for outcome in ("gone", "unknown"):
        assert not list(found(record(writes, deletion(1, outcome, 0, 2))))


def test_losses_are_not_judged_where_an_object_may_have_written() -> None:
    assert not list(found(record(LOST, deletion(1, "unknown", 0, 2), has_objects=True)))


def test_a_second_run_puts_right_what_nobody_knows_until_somebody_does() -> None:
    writes = written(("operator.1", "put", NEW), ("client-1.1", "delete", OLD), ("client-1.2", "delete", NEW))
    half, all_of_it = deletion(1, "unknown", 1, 2), deletion(2, "gone", 2, 3)
    assert not list(found(record(writes[:2], half, again={})))
    assert list(found(record(writes, half, all_of_it, again={OLD: STORED}))) == ["second-run-writes"]
