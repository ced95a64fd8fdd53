"""A promise of the guide, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from harness.migrations.queue.promises.evidence import Evidence

Verdict = Literal["held", "broken", "only if", "opinion", "unjudged"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """``because`` is the evidence in a sentence, ``replay`` the command that shows it again.

    ``condition`` says when a promise is held that is held only then. What is "unjudged" has no evidence.
    """

    verdict: Verdict
    because: str
    condition: str = ""
    replay: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "condition": self.condition or None,
            "because": self.because,
            "replay": self.replay or None,
        }


Judge = Callable[[Evidence], Judgement]


@dataclass(frozen=True, slots=True)
class Promise:
    """``claim`` in our words, from the section ``where`` of the guide; ``judge`` says what is true of it."""

    id: str
    claim: str
    where: str
    judge: Judge


def held(because: str, replay: str = "") -> Judgement:
    return Judgement("held", because, "", replay)


def broken(because: str, replay: str = "") -> Judgement:
    return Judgement("broken", because, "", replay)


def only_if(condition: str, because: str, replay: str = "") -> Judgement:
    return Judgement("only if", because, condition, replay)


def opinion(because: str, replay: str = "") -> Judgement:
    return Judgement("opinion", because, "", replay)
