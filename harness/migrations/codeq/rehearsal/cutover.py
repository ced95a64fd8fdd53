"""Option A once the old queues are drained: start codeQ, and see that new work goes there only."""

from dataclasses import replace

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.checklist import check, inspect
from harness.migrations.codeq.legacy_state import PREFIX, LegacyState
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.rehearsal.drain import Drained
from harness.migrations.codeq.services.local import Services
from harness.migrations.codeq.services.seed import COMMANDS
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot
from harness.migrations.redis.mapping.plan import COPY, Plan
from harness.model.verdict import Finding, Verdict, finding, verdict
from worker.codeq import Server


async def cut_over(
    services: Services, drained: Drained, claim_script: str = ""
) -> tuple[list[Verdict], list[str]]:
    """Cuts over; judges A1 to A4, V1 to V11, and notes what stays behind. Raises ServerError.

    ``claim_script`` is codeQ's own, empty if it is not at hand.
    """
    server = services.server
    leases = await keys_under(server, legacy.LEASE)
    if claim_script:
        await server.call("SCRIPT LOAD", claim_script)
    before = await read_snapshot(server, PREFIX)
    fresh = await _fresh(services)
    services.claim_script.loaded = True  # said by the checks; the rest is judged as if it were there
    verdicts = [
        verdict(
            "A1",
            "drain: pending and in progress are empty before the deadline",
            [finding("{n} id{s} left", map(str, drained.stalls))],
            looked=drained.polls,
            at="polls",
        ),
        verdict(
            "A2",
            "leases: nobody holds anything",
            [finding("{n} lease{s} left", leases)],
            looked=drained.polls,
            at="polls",
        ),
        await _new_work(services),
    ]
    changed = before.changed(await read_snapshot(server, PREFIX))
    verdicts.append(
        verdict(
            "A4",
            "stragglers: the old keyspace does not change any more",
            [finding("{n} legacy key{s} changed after the cut-over", changed, "codeq/H19")],
            looked=len(before.entries),
            at="legacy keys",
        )
    )
    return verdicts + fresh, await _history(server)


async def _fresh(services: Services) -> list[Verdict]:
    """The checklist on a codeQ that nothing was moved to: V1 to V11."""
    nothing, migrator = Snapshot(PREFIX), Migrator(services.server, services.clock)
    seen = await inspect(services, migrator, LegacyState(nothing), Plan(COPY, "", ()))
    return await check(replace(seen, left=nothing), moved=False)


async def _new_work(services: Services) -> Verdict:
    """A task that is created now is claimed and finished at codeQ, for each command."""
    found = []
    for command in COMMANDS:
        worker = services.worker(commands=(command,))
        made = await services.new("/tasks", {"command": command, "payload": {"after": True}})
        taken = await services.new("/tasks/claim", {"commands": [command]}, worker)
        same = taken.status_code == 200 and taken.json()["id"] == made.json().get("id")
        done = {"status": "COMPLETED", "result": {"ok": True}}
        path = f"/tasks/{made.json().get('id')}/result"
        finished = await services.new(path, done, worker)
        if not same or finished.status_code != 200:
            statuses = f"{made.status_code}, {taken.status_code}, {finished.status_code}"
            found.append(Finding(f"{command}: create, claim, result answered {statuses}: {taken.text[:80]}"))
    title = "new work: created, claimed and finished at codeQ, under codeq: only"
    return verdict("A3", title, found, looked=len(COMMANDS), at="commands")


async def _history(server: Server) -> list[str]:
    kept = await server.call("HLEN", legacy.TASKS)
    if not kept:
        return []
    return [
        f"{kept:,} old tasks stay under legacy:tasks; codeQ answers 404 for their ids, as this option has it"
    ]
