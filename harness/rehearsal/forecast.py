"""What the migration will take of everything there is: the operator's requests, operations, rows, days."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

from harness.model.course import Course, moved_keys, steps_of
from harness.model.outcomes import Outcomes, place_of
from harness.model.record import Call, Place, Record
from harness.model.row import is_table
from harness.model.stratum import Stratum, stratum_of
from kvstore import Event
from kvstore.figures import FIGURES, whole
from kvstore.layers.billing import (
    BILLED,
    FREE_DAY,
    FREE_ROWS,
    billed,
    days_as_text,
    free_days,
    is_included,
    price,
    price_as_text,
    reading_as_text,
    reading_requests,
    rest_seconds,
)

_QUERIES: Final = "queries"


@dataclass(frozen=True, slots=True)
class Bill:
    """What a walk through ``entries`` took: the operator's ``requests``, and ``counts`` as plans bill them.

    Counted are operations of KV, and queries and rows of D1. ``done`` says whether the operator came to the
    end of the runbook, ``most_queries`` is the most that one request asked of D1, and ``course`` is what was
    done, in its order. ``strata`` has each stratum's share of the counts; the rest is of all together, such
    as listings.
    """

    entries: int
    requests: int
    counts: dict[str, int]
    done: bool
    most_queries: int = 0
    course: Course | None = None
    strata: Mapping[Stratum, "Share"] = field(default_factory=dict)

    def common(self, name: str) -> int:
        """How many of a kind are of no stratum."""
        return self.counts.get(name, 0) - sum(share.counts.get(name, 0) for share in self.strata.values())


@dataclass(frozen=True, slots=True)
class Share:
    """What was asked of ``entries``, and of what they become."""

    entries: int
    counts: Mapping[str, int]


def bill_of(record: Record, _: Sequence[str] = ()) -> Bill:
    """What the operator's requests took."""
    calls = [call for call in record.calls if call.role == "operator"]
    names = {call.name for call in calls}
    asked = [event for event in record.asked if event.invocation in names]
    counts = billed(asked)
    queried = [event for event in record.queried if event.invocation in names]
    counts[_QUERIES] = len(queried)
    for rows in FREE_ROWS:
        counts[rows] = sum(getattr(event, rows) for event in queried)
    moving = sum(record.migration.rule_for(*place) is not None for place in record.start)
    most = max(Counter(event.invocation for event in queried).values(), default=0)
    course, strata = _course(record, calls), shares(_moves(record), asked)
    return Bill(moving, len(calls), counts, not record.failures, most, course, strata)


def _moves(record: Record) -> Iterator[tuple[Stratum, Place, Iterable[Place]]]:
    """The stratum of each entry that moves, where it is, and where it goes."""
    outcomes = Outcomes(record.migration, record.tables)
    for place, entry in record.start.items():
        if (stratum := stratum_of(outcomes, place, entry)) is not None:
            yield stratum, place, map(place_of, outcomes.ask(place, entry) or ())


def shares(
    moves: Iterable[tuple[Stratum, Place, Iterable[Place]]], asked: Iterable[Event]
) -> dict[Stratum, Share]:
    """What was asked of the entries of each stratum, wherever they were or went."""
    entries: Counter[Stratum] = Counter()
    found: dict[Place, Stratum] = {}
    for stratum, place, targets in moves:
        entries[stratum] += 1
        for target in targets:
            found.setdefault(target, stratum)
        found[place] = stratum
    counts: dict[Stratum, Counter[str]] = {stratum: Counter() for stratum in entries}
    for event in asked:
        for key in event.keys if event.verb != "scan" else ():
            if (of := found.get((event.namespace, key))) is not None:
                counts[of][BILLED[event.verb]] += 1
    return {stratum: Share(count, dict(counts[stratum])) for stratum, count in entries.items()}


def _course(record: Record, calls: Sequence[Call]) -> Course:
    several = len({name for name, _ in {**record.start, **record.final}}) > 1
    start, final = (
        {f"{name} {key}" if several else key: entry for (name, key), entry in state.items()}
        for state in (record.start, record.final)
    )
    budget = record.scenario.platform.allowance.operations
    shapes = moved_keys(start, final, record.ended)
    return Course(steps_of(calls, record.began), budget=budget, moved=shapes)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What all entries will take, so many of each of the ``strata``, by the ``bill`` of a walk."""

    strata: Mapping[Stratum, int]
    bill: Bill

    @property
    def entries(self) -> int:
        """How many there are."""
        return sum(self.strata.values())

    @property
    def in_kv(self) -> int:
        """How many of them are not rows."""
        return sum(count for one, count in self.strata.items() if not is_table(one.binding))

    @property
    def counts(self) -> dict[str, int]:
        """Requests of the operator, and operations and rows as plans bill them."""
        bill, many = self.bill, self.entries / self.bill.entries
        known = {one: share for one, share in bill.strata.items() if share.entries and one in self.strata}
        # Entries of a stratum that was not walked through are taken to be as the others are, on average.
        others = self.entries - sum(self.strata[one] for one in known)
        walked = sum(share.entries for share in bill.strata.values())
        found = {"requests": ceil(round(bill.requests * many, 6))}
        for name, count in bill.counts.items():
            each = (count - bill.common(name)) / walked if walked else 0
            alone = sum(
                share.counts.get(name, 0) * self.strata[one] / share.entries for one, share in known.items()
            )
            found[name] = ceil(round(bill.common(name) * many + alone + each * others, 6))
        return found

    def as_json(self) -> dict[str, Any]:
        each = {name: round(count / self.bill.entries, 3) for name, count in self.bill.counts.items()}
        requests = reading_requests(self.in_kv)
        days = {"free": max(free_days(self.counts).values()), "paid": 1}
        return {
            "entries": self.entries,
            **_camel(self.counts),
            "mostQueries": self.bill.most_queries,
            "perEntry": _camel(each),
            "days": days,
            "price": {"dollars": round(price(self.counts), 6), "included": is_included(self.counts)},
            "rest": {"requests": requests, "seconds": rest_seconds(requests)},
            "restsOn": self._rests_on(),
        }

    def _rests_on(self) -> dict[str, Any]:
        """What was walked through, stratum by stratum, and the numbers of the platform."""
        bill = self.bill
        strata = [
            {
                "entries": str(one),
                "count": count,
                "walked": share.entries,
                **{name: round(many / share.entries, 3) for name, many in share.counts.items()},
            }
            for one, count in self.strata.items()
            if (share := bill.strata.get(one)) is not None
        ]
        rest = {name: round(bill.common(name) / bill.entries, 6) for name in bill.counts}
        names = [f"kv.{name}_per_day" for name in FREE_DAY] + [f"price.{name}" for name in FREE_DAY]
        return {
            "walked": bill.entries,
            "strata": strata,
            "freeDays": _camel(free_days(self.counts)),
            "perEntryOfAny": _camel({"requests": round(bill.requests / bill.entries, 6), **rest}),
            "figures": {name: FIGURES[name].as_json() for name in (*names, "rest.requests", "rest.window")},
        }

    def rests_on(self) -> list[str]:
        """Lines on what it was taken from: entries that were walked through, and numbers of the platform."""
        bill, lines = self.bill, []
        for one, count in sorted(self.strata.items(), key=lambda each: -each[1]):
            share = bill.strata.get(one)
            if share is None:
                lines.append(f"{count:,} {one}: as the others are on average, as none was walked through")
            else:
                each = _each(share.counts, share.entries) or "nothing"
                lines.append(f"{count:,} {one}: {each} each, as {share.entries:,} of them took in a walk")
        common = {"requests": bill.requests, **{name: bill.common(name) for name in bill.counts}}
        lines.append(
            f"beside that: {_each(common, bill.entries)} an entry, as in a walk through {bill.entries:,}; "
            "fewer where pages are full"
        )
        return [*lines, _published()]

    def as_text(self) -> str:
        """One line."""
        counts = self.counts
        asked = [_said(counts, name) for name in FREE_DAY if counts[name]]
        if counts.get(_QUERIES):
            rows = ", ".join(f"{counts[name]:,} {name.replace('_', ' ')}" for name in FREE_ROWS)
            asked.append(f"{_said(counts, _QUERIES)} of D1 ({rows})")
        what = "entries" if self.in_kv == self.entries else "entries and rows" if self.in_kv else "rows"
        return (
            f"{self.entries:,} {what} take {_said(counts, 'requests')} of the operator, "
            f"{', '.join(asked)}: {days_as_text(counts)}{self._too_many()}"
        )

    def price_as_text(self) -> str:
        """What it costs, and how long it takes to copy the entries first; one line."""
        dollars = price_as_text(self.counts)
        return f"{dollars}; {reading_as_text(self.in_kv)}" if self.in_kv else dollars

    def _too_many(self) -> str:
        """Where a request asks D1 more than a plan allows."""
        most = self.bill.most_queries
        for plan, name in (("paid", "d1.queries"), ("free", "free.queries")):
            if most > whole(name):
                return f"; a request asks D1 {most:,} times, and the {plan} plan allows {whole(name):,}"
        return ""


def _said(counts: Mapping[str, float], name: str) -> str:
    """``1 list``, ``1 query``, ``0.25 queries``."""
    one = name.removesuffix("ies") + "y" if name.endswith("ies") else name.removesuffix("s")
    count = counts[name]
    # Fractions with four digits, whole numbers with all of them.
    return f"{count if isinstance(count, int) else float(f'{count:.4g}'):,.15g} {one if count == 1 else name}"


def _each(counts: Mapping[str, int], entries: int) -> str:
    """``2 reads, 0.25 writes``: by the entry."""
    each = {name: count / entries for name, count in counts.items() if count}
    return ", ".join(_said(each, name).replace("_", " ") for name in each)


def _published() -> str:
    """Where the quotas of a day, prices and the pace are from."""
    prices, pace = FIGURES["price.writes"], FIGURES["rest.requests"]
    return f"quotas and prices of {prices.date} ({prices.source}), the pace of {pace.date} ({pace.source})"


def _camel(counts: dict[str, Any]) -> dict[str, Any]:
    """Their names as JSON has them: ``rowsRead``."""
    return {re.sub("_(.)", lambda found: found[1].upper(), name): count for name, count in counts.items()}


def forecast(strata: Mapping[Stratum, int], bills: Sequence[Bill]) -> Forecast | None:
    """For so many entries of each stratum, from the bills of walks; None when none of these did anything to
    its end.
    """
    done = [bill for bill in bills if bill.done and bill.entries and any(bill.counts.values())]
    return Forecast(strata, max(done, key=lambda bill: bill.entries)) if done and strata else None
