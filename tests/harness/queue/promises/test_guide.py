"""Our verdicts on the documented migration beside those that others came to by reading and by running it."""

import pytest

from harness.migrations.queue.promises.assessment import Assessment
from harness.migrations.queue.promises.guide import PROMISES

# The verdicts on the implementation that the guide was written for.
REFERENCE = {
    "held": "G01 G02 G10 G11 G14 G23 G25 G29 G30 G31 G32",
    "only if": "G03 G04 G05 G08 G15 G17 G18 G20 G26 G34 G35 G36 G37 G39",
    "broken": "G06 G07 G09 G12 G13 G16 G19 G21 G22 G24 G27 G28 G33 G38 G40 G41 G42 G43 G45",
    "opinion": "G44",
}
# Where our Worker decided otherwise (docs/queue-migration.md), and what is true of it therefore.
DIFFERENCES = {
    "G09": ("held", "the original had no route, and then wanted the admin key; here either key opens it"),
    "G12": (
        "only if",
        "the original's consumer read the old format for ever; here the new Worker is deployed",
    ),
    "G13": ("only if", "as G12"),
    "G38": ("held", "as G09"),
    "G41": (
        "held",
        "the original took a message without a user for a bot's, and its producer wrote the new format",
    ),
}


def expected(promise: str) -> str:
    if promise in DIFFERENCES:
        return DIFFERENCES[promise][0]
    return next(verdict for verdict, ids in REFERENCE.items() if promise in ids.split())


def test_every_promise_is_there_once() -> None:
    assert [promise.id for promise in PROMISES] == [f"G{number:02}" for number in range(1, 46)]
    assert sorted(" ".join(REFERENCE.values()).split()) == [promise.id for promise in PROMISES]


@pytest.mark.parametrize("place", range(45), ids=[promise.id for promise in PROMISES])
def test_the_documented_migration_is_judged_as_the_reference_has_it(
    assessment: Assessment, place: int
) -> None:
    row = assessment.rows[place]
    judgement = row.judgements["documented"]
    assert judgement.verdict == expected(row.promise.id), judgement


# What is not simply held with the safe migration, and why not.
NOT_HELD = {
    "G03": "it is about the old format",
    "G04": "a listing lags whatever reads it",
    "G07": "no claim on KV is exclusive; one of a coordinator is",
    "G08": "a completion is three writes",
    "G11": "a copy is verified by a later call",
    "G34": "its errors are worded in its own way",
    "G36": "daemons know no format",
    "G37": "a claim may ask for ten minutes",
    "G40": "a mock without a listing is no namespace",
    "G43": "pages are read one after the other",
    "G44": "an opinion",
}


@pytest.mark.parametrize("place", range(45), ids=[promise.id for promise in PROMISES])
def test_the_safe_migration_holds_the_others(assessment: Assessment, place: int) -> None:
    row = assessment.rows[place]
    judgement = row.judgements["safe"]
    assert (judgement.verdict != "held") == (row.promise.id in NOT_HELD), judgement


def test_broken_promises_have_evidence_and_a_command(assessment: Assessment) -> None:
    for row in assessment.rows:
        for judgement in row.judgements.values():
            assert judgement.because
            assert judgement.replay.startswith("rehearse queue ")
            assert (judgement.verdict == "only if") == bool(judgement.condition)
