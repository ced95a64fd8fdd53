"""I3 Exactly-once listing: the new Worker lists each live task once, and counts right."""

from collections import Counter

from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Finding, Verdict, finding, verdict

_PAGE = 1000
_TITLE = "Listing: GET /api/queue shows each live task exactly once"
_AT = "live tasks"


def listing(outcome: Outcome) -> Verdict:
    answer = outcome.listing
    if answer.status != 200:
        text = f"GET /api/queue answered {answer.status}: {str(answer.answer)[:200]}"
        return verdict("I3", _TITLE, [Finding(text)], looked=1, at=_AT)
    listed = Counter(outcome.listed)
    in_new = outcome.at_listing.new_tasks.keys()
    missing = sorted(outcome.expected - listed.keys())
    hidden = [task for task in missing if task in in_new]
    count = answer.member("count")
    wrong = [f"count says {count}, listed are {sum(listed.values())}"] if count != listed.total() else []
    return verdict(
        "I3",
        _TITLE,
        [
            finding(
                f"{{n}} live task{{s}} {{are}} not listed: beyond the first {_PAGE:,} keys", hidden, "H02"
            ),
            finding(
                "{n} live task{s} {are} not listed: not in the new format",
                [task for task in missing if task not in in_new],
                "H10",
            ),
            finding(
                "{n} task{s} {are} listed more than once", [t for t, n in listed.items() if n > 1], "H31"
            ),
            finding(
                "{n} listed id{s} {are} no live task", [t for t in listed if t not in outcome.expected], "H30"
            ),
            Finding(wrong[0]) if wrong else None,
        ],
        looked=len(outcome.expected | listed.keys()),
        at=_AT,
    )
