"""Histories made by hand: what a checker says of exactly these requests and writes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.migrations.queue.layout import NEW_TASK
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import BEGIN_MS
from harness.migrations.queue.state import QueueState
from harness.model.record import Call
from harness.model.verdict import Verdict
from kvstore import Entry, Event
from kvstore.clock import iso
from kvstore.errors import KVError
from kvstore.store import Verb

SAFE = "claims=coordinator migration=safe conditions=production"
DOCUMENTED = "migration=documented conditions=production"
RUN, ROLLBACK = "/api/migrate/run", "/api/migrate/rollback"


class History:
    """Requests and writes by the seconds since the beginning at which they happen; ``ended`` is the end.

    ``start`` is in the namespace at the beginning. The first Worker is that of the old format.
    """

    def __init__(
        self, line: str = SAFE, start: Mapping[str, Entry] | None = None, ended: float = 600
    ) -> None:
        self.scenario = Scenario.read(line)
        self.start = dict(start or {})
        self.ended = ended
        self._calls: list[Call] = []
        self._done: list[Event] = []
        self._asked: list[Event] = []
        self._deployed = [(BEGIN_MS, "old")]

    def deploy(self, second: float, queue_format: str) -> None:
        self._deployed.append((_ms(second), queue_format))

    def call(
        self,
        name: str,
        path: str,
        sent: float,
        answered: float,
        *,
        status: int | None = 200,
        answer: Any = None,
        body: Any = None,
        by: str = "dual",
    ) -> None:
        """A POST request of ``name``, that a Worker of the format ``by`` answered."""
        actor = name.rpartition(".")[0]
        told = {} if answer is None else answer
        sides = _ms(sent), 0, by, _ms(answered), status, told
        self._calls.append(Call(name, actor, "AMS", "", "POST", path, body, *sides))

    def put(self, second: float, name: str, key: str, entry: Entry, error: str | None = None) -> None:
        """A put of the request ``name`` that was carried out; with an ``error`` nobody was told so."""
        self._write(second, name, "put", key, entry, error)

    def delete(self, second: float, name: str, key: str, error: str | None = None) -> None:
        self._write(second, name, "delete", key, None, error)

    def refuse(self, second: float, name: str, key: str, error: KVError, verb: Verb = "put") -> None:
        """A write that was not carried out."""
        self._asked.append(Event.failed(0, _ms(second), name, verb, key, error))

    def _write(
        self, second: float, name: str, verb: Verb, key: str, entry: Entry | None, error: str | None
    ) -> None:
        self._done.append(Event(0, _ms(second), name, verb, key, entry))
        self._asked.append(Event(0, _ms(second), name, verb, key, entry, error))

    def record(self) -> Record:
        writes = _numbered(self._done)
        final = dict(self.start)
        for event in writes:
            final.pop(event.key, None)
            if event.entry is not None:
                final[event.key] = event.entry
        ended = _ms(self.ended)
        alive = {
            key: entry
            for key, entry in final.items()
            if entry.expiration is None or entry.expiration * 1000 > ended
        }
        calls = [
            replace(
                call,
                first=sum(event.at < call.sent for event in writes),
                last=sum(event.at <= call.answered for event in writes),
            )
            for call in sorted(self._calls, key=lambda call: call.sent)
        ]
        return Record(
            scenario=self.scenario,
            start=QueueState(self.start),
            final=QueueState(alive),
            writes=writes,
            calls=calls,
            asked=_numbered(self._asked),
            began=BEGIN_MS,
            ended=ended,
            deployed=self._deployed,
            judged={"listing": _listing(alive, ended)},
            rewritten=(),
        )


def _ms(second: float) -> int:
    return BEGIN_MS + round(1000 * second)


def _numbered(events: list[Event]) -> list[Event]:
    ordered = sorted(events, key=lambda event: event.at)
    return [replace(event, index=index) for index, event in enumerate(ordered)]


def _listing(final: Mapping[str, Entry], ended: int) -> Call:
    """What a Worker of the new format answers in the end."""
    ids = [key.removeprefix(NEW_TASK) for key in final if key.startswith(NEW_TASK)]
    return Call(
        "judge.1", "judge", "ZRH", "", "GET", "/api/queue", None, ended, 0, "new",
        ended, 200, {"pending": ids, "count": len(ids)},
    )  # fmt: skip


def task(text: str = "work", expires: int | None = 3600) -> Entry:
    """A task's body, which says ``text``, to expire so many seconds after the beginning."""
    return stored({"content": text, "status": "pending"}, expires)


def stored(value: Any, expires: int | None = 3600) -> Entry:
    return Entry(json.dumps(value).encode(), None if expires is None else BEGIN_MS // 1000 + expires)


def lease(
    worker: str, since: float, until: float, *, nonce: str = "", renewed: float | None = None, key: int = 0
) -> Entry:
    """A lease of ``worker`` by its own account; its ``key`` expires when it does, unless said otherwise."""
    body = lease_body(worker, since, until, nonce=nonce)
    if renewed is not None:
        body["renewedAt"] = iso(_ms(renewed))
    return stored(body, key or round(until))


def lease_body(worker: str, since: float, until: float, *, nonce: str = "") -> dict[str, Any]:
    return {
        "workerId": worker,
        "claimNonce": nonce or f"{worker}:nonce",
        "claimedAt": iso(_ms(since)),
        "expiresAt": iso(_ms(until)),
    }


def said(verdict: Verdict) -> list[tuple[str, tuple[str, ...]]]:
    """What a verdict says, and about which keys."""
    return [(finding.what, finding.keys) for finding in verdict.findings]


def shown(verdict: Verdict) -> list[tuple[float, str]]:
    """The moments of the first finding: seconds since the beginning, and who it was."""
    return [((moment.at - BEGIN_MS) / 1000, moment.who) for moment in verdict.findings[0].moments]
