"""Which code runs where, and what a look right after the run shows: H66, H68, H74."""

from collections.abc import Iterator

from harness import Call
from harness.migrations.queue.hazards.case import Case, Diagnosis, diagnosed
from harness.migrations.queue.hazards.reading import Listing, listings
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_TASK
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.timeline import of_call, of_write
from harness.model.log import chosen
from harness.model.verdict import Moment

# For how long a listing may lag, and a look at it is a look right after the run, in milliseconds.
_SOON_MS = 120_000


def split_brain(record: Record) -> Diagnosis | None:
    """H66: a producer writes the new format while consumers read the old one."""
    accepted = {
        call.member("eventId"): call
        for call in record.to("POST", "/webhook/*")
        if call.status == 200 and call.stage in ("new", "dual")
    }
    cases = []
    for claim in record.to("POST", "/api/queue/claim"):
        latest = [queue_format for at, queue_format in record.deployed if at <= claim.sent][-1:]
        if claim.stage != "old" or latest == ["old"] or claim.member("success") is not False:
            continue
        for task, call in accepted.items():
            waits = record.versions.at(NEW_TASK + str(task), claim.sent) and record.versions.at(
                NEW_TASK + str(task), claim.answered
            )
            if (
                waits
                and not record.versions.at(NEW_LEASE + str(task), claim.sent)
                and not record.versions.at(OLD_TASK + str(task), claim.sent)
            ):
                cases.append(
                    Case(str(task), (of_call(call), *_puts(record, NEW_TASK + str(task)), of_call(claim)))
                )
    return diagnosed(
        "H66", "{n} accepted task{s} {are} in the new format, where the old code does not look", cases, "I2"
    )


def filled_after_the_run(record: Record) -> Diagnosis | None:
    """H68: between the run and the deployment of the new code producers fill the old format."""
    switch = next((at for at, queue_format in record.deployed if queue_format in ("new", "dual")), None)
    # In a walk the new code is deployed whatever the run has answered.
    finished = [run for run in record.runs if run.member("success") is True or record.scenario.walk]
    if switch is None or not finished:
        return None
    cases = []
    for call in record.to("POST", "/webhook/*"):
        task = str(call.member("eventId"))
        later = call.status == 200 and call.stage == "old" and call.sent > finished[-1].answered
        if later and OLD_TASK + task in record.final.entries and NEW_TASK + task not in record.final.entries:
            deployed = Moment(
                switch, "operator-1", "deploys the new code, which does not read the old format"
            )
            cases.append(
                Case(task, (of_call(finished[-1]), of_call(call), *_puts(record, OLD_TASK + task), deployed))
            )
    return diagnosed(
        "H68",
        "{n} task{s} {were} accepted in the old format after the run, and stranded by the new code",
        cases,
        "I2",
    )


def looked_too_early(record: Record) -> Diagnosis | None:
    """H74: a look right after the run shows less than was moved, or what is gone."""
    cases: list[Case] = []
    for call in record.calls:
        if call.method != "GET" or call.status != 200 or not call.actor.startswith("operator"):
            continue
        before = [run for run in record.runs if 0 <= run.answered <= call.sent <= run.answered + _SOON_MS]
        for listing in listings(record, call.name) if before else ():
            cases += _wrongly_shown(record, before[-1], call, listing)
    return diagnosed(
        "H74",
        "{n} key{s} {were} shown wrongly by the check right after the run: its listing lagged",
        cases,
        "I26",
        "I17",
    )


def _wrongly_shown(record: Record, run: Call, call: Call, listing: Listing) -> Iterator[Case]:
    for key in sorted(_changed_by_runs(record, listing.prefix)):
        shown = listing.shows(key)
        expectation = [] if shown is None else record.versions.during(key, listing.since, listing.until)
        if shown is False and all(entry is not None for entry in expectation):
            what = f"list {listing.prefix} → without {key}, which is there"
        elif shown and all(entry is None for entry in expectation):
            what = f"list {listing.prefix} → with {key}, which is gone"
        else:
            continue
        told = Moment(listing.until, call.name, what)
        yield Case(key, (of_call(run), *_last(record, key, listing.until), told, of_call(call)))


def _changed_by_runs(record: Record, prefix: str) -> set[str]:
    return {write.key for run in record.runs for write in chosen(record.versions.by(run.name), prefix)}


def _last(record: Record, key: str, moment: int) -> list[Moment]:
    return [of_write(write) for write in record.versions.to(key) if write.at <= moment][-1:]


def _puts(record: Record, key: str) -> list[Moment]:
    return [of_write(write) for write in record.versions.to(key) if write.verb == "put"][:1]


DEPLOYMENT = (split_brain, filled_after_the_run, looked_too_early)
