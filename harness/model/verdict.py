"""What a checker says: whether an invariant held, and the least evidence that it did not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True, order=True)
class Moment:
    """One event of an argument: ``at`` in milliseconds since the UNIX epoch, ``who`` did or saw ``what``."""

    at: int
    who: str
    what: str

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at, "who": self.who, "what": self.what}


@dataclass(frozen=True)
class Finding:
    """One way in which an invariant was violated.

    ``what`` is a sentence, ``keys`` name everything that it is true of, ``hazards`` the known causes
    (H01 … H75 of the hazard list), ``moments`` the events that show it for the first of the keys. Those are
    what ``show`` gives when they are first asked for: a search finds much that nobody will look at.
    ``code`` names the way, whatever the sentence counts.
    """

    what: str
    keys: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()
    show: Callable[[], tuple[Moment, ...]] = field(default=tuple, repr=False, compare=False)
    code: str = ""

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        return self.show()

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            **({"code": self.code} if self.code else {}),
            "keys": list(self.keys),
            "hazards": list(self.hazards),
            "moments": [moment.as_json() for moment in self.moments],
        }


@dataclass(frozen=True)
class Verdict:
    """The judgement on one invariant; without findings it held.

    ``looked`` is how many things there were to look at, ``at`` what they are, in the plural.
    """

    invariant: str
    title: str
    findings: tuple[Finding, ...]
    looked: int
    at: str

    @property
    def held(self) -> bool:
        return not self.findings

    @property
    def is_vacuous(self) -> bool:
        """Whether it held because there was nothing to look at."""
        return self.held and not self.looked

    @property
    def name(self) -> str:
        """``I9 Lease continuity``."""
        return f"{self.invariant} {self.title.partition(':')[0]}"

    def as_json(self) -> dict[str, Any]:
        return {
            "invariant": self.invariant,
            "title": self.title,
            "held": self.held,
            "looked": self.looked,
            "lookedAt": self.at,
            "findings": [finding.as_json() for finding in self.findings],
        }


def verdict(
    invariant: str, title: str, findings: Iterable[Finding | None], *, looked: int, at: str
) -> Verdict:
    """A verdict on what was found; None stands for nothing found.

    ``looked`` is how many things the checker looked at, which are ``at``, in the plural: "held tasks".
    """
    return Verdict(invariant, title, tuple(filter(None, findings)), looked, at)


def held_lines(verdicts: Iterable[Verdict]) -> list[str]:
    """What held, and what had nothing to look at, for a person."""
    every = list(verdicts)
    held = [one.name for one in every if one.held and not one.is_vacuous]
    vacuous = [f"{one.name} (no {one.at})" for one in every if one.is_vacuous]
    return [
        *([f"held: {' · '.join(held)}"] if held else []),
        *([f"looked at nothing: {' · '.join(vacuous)}"] if vacuous else []),
    ]


def count_held(verdicts: Sequence[Verdict], what: str) -> str:
    """``all 12 invariants held``, or how many did and how many had nothing to look at."""
    vacuous = sum(one.is_vacuous for one in verdicts)
    if not vacuous:
        return f"all {len(verdicts)} {what} held"
    held = sum(one.held for one in verdicts) - vacuous
    return f"{held} of {len(verdicts)} {what} held, {vacuous} had nothing to look at"


def finding(
    what: str,
    keys: Iterable[str],
    *hazards: str,
    show: Callable[[], tuple[Moment, ...]] = tuple,
    code: str = "",
) -> Finding | None:
    """A finding about ``keys``, or None when there are none.

    In ``what``, ``{n}`` is their number; ``{s}``, ``{are}``, ``{were}``, ``{have}``, ``{they}`` … agree with
    it.
    """
    named = tuple(keys)
    return Finding(agree(what, len(named)), named, hazards, show, code) if named else None


def literal(data: str) -> str:
    """Text from data as it may stand in a sentence that `agree` fills in."""
    return data.replace("{", "{{").replace("}", "}}")


def agree(text: str, count: int) -> str:
    """A sentence about ``count`` things, with its number and verbs filled in."""
    one = {
        "they": "it",
        "them": "it",
        "s": "",
        "are": "is",
        "were": "was",
        "have": "has",
        "do": "does",
        "their": "its",
        "es": "s",
        "ies": "y",
    }
    many = {
        "they": "they",
        "them": "them",
        "s": "s",
        "are": "are",
        "were": "were",
        "have": "have",
        "do": "do",
        "their": "their",
        "es": "",
        "ies": "ies",
    }
    return text.format(n=f"{count:,}", **(one if count == 1 else many))
