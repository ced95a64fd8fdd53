"""The checks that ask codeQ over HTTP: V4 admin, V5 sample task, V9 health, V10 authorisation; and V12, the
second run of the migrator."""

from typing import Any

import httpx

from harness.codeq.checklist.inspection import Inspection
from harness.codeq.services import PROBE
from harness.codeq.snapshot import read_snapshot
from harness.verdict import Finding, Verdict, verdict
from worker.codeq.keys import BUILT_IN_COMMANDS, CODEQ

_SAMPLE_KEYS = 26


async def admin(seen: Inspection) -> Verdict:
    """V4: the administrators' numbers are the true ones, for every command that has work."""
    found = []
    answer = await seen.services.new("/admin/queues", token=seen.services.admin)
    numbers: dict[str, int] = answer.json() if answer.status_code == 200 else {}
    if answer.status_code != 200 or len(numbers) != _SAMPLE_KEYS:
        found.append(Finding(f"GET /admin/queues answered {answer.status_code}: {answer.text[:80]}"))
    true = {key: len(entry) for key, entry in seen.after.snapshot.entries.items() if key in numbers}
    wrong = [
        f"{key} {count}, truly {true.get(key, 0)}"
        for key, count in numbers.items()
        if count != true.get(key, 0)
    ]
    if wrong:
        found.append(Finding(f"{len(wrong)} counts are wrong", tuple(wrong)))
    built_in = {command.lower() for command in BUILT_IN_COMMANDS}
    for command in sorted({command for command, _ in seen.after.queues} - built_in):
        found += await _custom(seen, command)
    return verdict("V4", "admin: the queue lengths that codeQ reports are the true ones", found)


async def _custom(seen: Inspection, command: str) -> list[Finding]:
    """A command outside the built-in two is not in the list, and must be asked for by name."""
    answer = await seen.services.new(f"/admin/queues/{command}", token=seen.services.admin)
    parts = {part.split(":")[0]: 0 for part in ("pending", "inprog")}
    for (name, part), ids in seen.after.queues.items():
        if name == command and part.split(":")[0] in parts:
            parts[part.split(":")[0]] += len(ids)
    body = answer.json() if answer.status_code == 200 else {}
    if (body.get("ready"), body.get("inProgress")) == (parts["pending"], parts["inprog"]):
        return []
    return [Finding(f"/admin/queues/{command} answered {answer.status_code}: {answer.text[:80]}")]


async def sample(seen: Inspection) -> Verdict:
    """V5: a task of an own command is created, claimed, nacked, claimed again and completed, then removed."""
    services = seen.services
    made = await services.new("/tasks", {"command": PROBE, "payload": {"probe": True}})
    if made.status_code != 202:
        return verdict("V5", _SAMPLE, [Finding(f"create answered {made.status_code}: {made.text[:80]}")])
    task_id = made.json()["id"]
    found = await _walk(seen, task_id)
    await _remove(seen, task_id)
    return verdict("V5", _SAMPLE, [found])


_SAMPLE = "sample: a task can be claimed, nacked, claimed again and completed"


async def _walk(seen: Inspection, task_id: str) -> Finding | None:
    services, worker = seen.services, seen.services.worker()
    take = {"commands": [PROBE]}
    done = {"status": "COMPLETED", "result": {"ok": True}}
    # What is asked, and the status, the member and its value that must come back.
    steps: list[tuple[str, Any, int, str, Any]] = [
        ("/tasks/claim", take, 200, "attempts", 1),
        (f"/tasks/{task_id}/nack", {"delaySeconds": 1}, 200, "status", "requeued"),
        ("/tasks/claim", take, 204, "", None),
        ("wait", None, 0, "", None),
        ("/tasks/claim", take, 200, "attempts", 3),
        (f"/tasks/{task_id}/result", done, 200, "status", "COMPLETED"),
        (f"/tasks/{task_id}/result", None, 200, "", None),
    ]
    for path, body, status, member, value in steps:
        if path == "wait":
            await services.wait(2)
            continue
        answer = await services.new(path, body, worker)
        said = answer.json().get(member) if member and answer.status_code == status else value
        if answer.status_code != status or said != value:
            return Finding(f"{path} answered {answer.status_code}, expected {status}: {answer.text[:80]}")
    return None


async def _remove(seen: Inspection, task_id: str) -> None:
    await seen.server.pipeline(
        [
            ("HDEL", "codeq:tasks", task_id),
            ("HDEL", "codeq:results", task_id),
            ("ZREM", "codeq:tasks:ttl", task_id),
            ("DEL", f"codeq:lease:{task_id}", *(f"codeq:q:{PROBE.lower()}:{part}" for part in _PARTS)),
        ]
    )


_PARTS = ("pending:0", "inprog", "delayed", "dlq")


async def health(seen: Inspection) -> Verdict:
    """V9: the gauges are there, which they are not while any key has a wrong type; a claim is never 500."""
    found = []
    metrics = await seen.services.metrics()
    if "codeq_queue_depth{" not in metrics.text:
        found.append(
            Finding("/metrics has no codeq_queue_depth: some key has a wrong type", (), ("codeq/H1",))
        )
    claim = await seen.services.new("/tasks/claim", {"commands": [PROBE]}, seen.services.worker())
    if claim.status_code not in (200, 204):
        found.append(Finding(f"a claim answered {claim.status_code}: {claim.text[:80]}"))
    return verdict("V9", "health: claims are answered and the gauges are there", found)


async def authorisation(seen: Inspection) -> Verdict:
    """V10: the old tokens are worth nothing any more, and the new ones no more than they say."""
    services, take = seen.services, {"commands": [PROBE]}
    no_scope = services.issuer.worker_token("understudy", (PROBE,), scope="codeq:other", exp=None)
    foreign = services.worker(commands=("SOMETHING_ELSE",))
    task = {"command": PROBE, "payload": 1}
    expected: list[tuple[str, httpx.Response, int]] = [
        ("the old idToken", await services.new("/tasks", task, services.id_token), 401),
        ("a producer's token at a claim", await services.new("/tasks/claim", take), 401),
        ("a worker without the scope", await services.new("/tasks/claim", take, no_scope), 403),
        ("a worker of other events", await services.new("/tasks/claim", take, foreign), 403),
        ("a producer as administrator", await services.new("/admin/queues"), 401),
    ]
    found = [
        Finding(f"{who} was answered {answer.status_code}, expected {status}: {answer.text[:80]}")
        for who, answer, status in expected
        if answer.status_code != status
    ]
    return verdict("V10", "authorisation: old tokens are refused, new ones do what they say", found)


async def rerun(seen: Inspection) -> Verdict:
    """V12: the migrator run again changes nothing."""
    before = (await read_snapshot(seen.server, CODEQ)).contents()
    again = await seen.migrator.apply()
    after = (await read_snapshot(seen.server, CODEQ)).contents()
    found = None
    if again.changes or before != after:
        changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        found = Finding(f"a second run reports {again.changes} changes", tuple(changed))
    return verdict("V12", "second run: nothing is changed by it", [found])
