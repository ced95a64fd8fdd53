"""The checks that ask codeQ over HTTP: V4 admin, V5 sample task, V9 health, V10 authorisation; and V12, the
second run of the migrator."""

from typing import Any

import httpx

from harness.migrations.codeq.checklist.inspection import Inspection, members
from harness.migrations.codeq.option_b.claim_script import HOW, NEEDED
from harness.migrations.codeq.services.local import segment
from harness.migrations.codeq.services.tokens import PROBE
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.keyspace.snapshot import read_snapshot
from harness.model.verdict import Finding, Verdict, verdict
from worker.codeq import CodeqKeys
from worker.codeq.keys import BUILT_IN_COMMANDS, CODEQ
from worker.codeq.servers.server import checked

_KEYS = CodeqKeys()
_BUILT_IN_KEYS = 26


async def admin(seen: Inspection) -> Verdict:
    """V4: the administrators' numbers are the true ones, for every command that has work."""
    found = []
    answer = await seen.services.new("/admin/queues", token=seen.services.tokens.admin)
    numbers = members(answer) if answer.status_code == 200 else {}
    if answer.status_code != 200 or len(numbers) != _BUILT_IN_KEYS:
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
    title = "admin: the queue lengths that codeQ reports are the true ones"
    return verdict("V4", title, found, looked=1, at="answer")


async def _custom(seen: Inspection, command: str) -> list[Finding]:
    """A command outside the built-in two is not in the list, and must be asked for by name."""
    answer = await seen.services.new(f"/admin/queues/{segment(command)}", token=seen.services.tokens.admin)
    true = dict.fromkeys(_FIELDS.values(), 0)
    for (name, part), ids in seen.after.queues.items():
        if name == command:
            true[_FIELDS[part.split(":")[0]]] += len(ids)
    body = members(answer)
    if {field: body.get(field) for field in true} == true:
        return []
    return [Finding(f"/admin/queues/{command} answered {answer.status_code}: {answer.text[:80]}")]


_FIELDS = {"pending": "ready", "inprog": "inProgress", "delayed": "delayed", "dlq": "dlq"}
_SAMPLE = "sample: a task can be claimed, nacked, claimed again and completed"
_HEALTH = "health: claims are answered and the gauges are there"
_DELAY = 3  # seconds; within less, a busy machine has not asked again
_PRIORITY = 9  # taken first, where the sample has to share a queue


async def sample(seen: Inspection) -> Verdict:
    """V5: a task is created, claimed, nacked, claimed again and completed, then removed.

    It has a command of its own where the worker's token allows one. Otherwise it shares a queue, with the
    highest priority, and only where nothing has that.
    """
    services = seen.services
    urgent = _KEYS.pending(services.tokens.command, _PRIORITY)
    if services.tokens.shares and await seen.server.call("LLEN", urgent):
        why = f"not tried: {urgent} has migrated work; a worker's token for {PROBE} would not touch it"
        return _sampled(Finding(why))
    order = {"command": services.tokens.command, "payload": {"probe": True}, "priority": _PRIORITY}
    made = await services.new("/tasks", order)
    if made.status_code != 202 or not members(made).get("id"):
        return _sampled(Finding(f"create answered {made.status_code}: {made.text[:80]}"))
    task_id = str(members(made)["id"])
    if not await seen.server.call("HEXISTS", _KEYS.tasks, task_id):
        elsewhere = f"wrong server: codeQ keeps its tasks elsewhere, not on {seen.server.name}"
        return _sampled(Finding(elsewhere, (task_id,)))
    others = await _elsewhere(seen, task_id)
    found = _tenants(seen, others) if others else await _walk(seen, task_id)
    await _remove(seen, task_id, *others)
    return _sampled(found)


async def _elsewhere(seen: Inspection, task_id: str) -> list[str]:
    """The keys of queues that have the sample, where that is not the list that the guide's codeQ fills."""
    command = seen.services.tokens.command
    if task_id in await seen.server.call("LRANGE", _KEYS.pending(command, _PRIORITY), 0, -1):
        return []
    lists = [key for key in await keys_under(seen.server, _KEYS.queue(command, "")) if ":pending:" in key]
    ids = checked(await seen.server.pipeline([("LRANGE", key, 0, -1) for key in lists]))
    return [key for key, there in zip(lists, ids, strict=True) if task_id in there]


def _tenants(seen: Inspection, keys: list[str]) -> Finding:
    """A codeQ that came after the guide's: the name of a queue has one part more, and is never without it."""
    expected = _KEYS.pending(seen.services.tokens.command, _PRIORITY)
    what = (
        f"a new task goes to {keys[0]}, not to {expected}: this build of codeQ keeps a queue for each "
        "tenant, and finds nothing of what was migrated. Deploy the build that the guide was written for"
    )
    return Finding(what, tuple(keys), ("codeq/H15",))


def _sampled(found: Finding | None) -> Verdict:
    return verdict("V5", _SAMPLE, [found], looked=1, at="sample")


async def _walk(seen: Inspection, task_id: str) -> Finding | None:
    services, worker = seen.services, seen.services.tokens.worker
    take = {"commands": [services.tokens.command]}
    done = {"status": "COMPLETED", "result": {"ok": True}}
    # What is asked, and the status, the member and its value that must come back.
    steps: list[tuple[str, Any, int, str, Any]] = [
        ("/tasks/claim", take, 200, "attempts", 1),
        (f"/tasks/{task_id}/nack", {"delaySeconds": _DELAY}, 200, "status", "requeued"),
        ("/tasks/claim", take, 204, "", None),
        ("wait", None, 0, "", None),
        ("/tasks/claim", take, 200, "attempts", 3),
        (f"/tasks/{task_id}/result", done, 200, "status", "COMPLETED"),
        (f"/tasks/{task_id}/result", None, 200, "", None),
    ]
    for path, body, status, member, value in steps:
        if path == "wait":
            await services.wait(_DELAY + 1)
            continue
        if status == 204 and services.tokens.shares:
            continue  # it would hand out migrated work, and giving that back changes its place
        answer = await services.new(path, body, worker)
        said = members(answer).get(member) if member and answer.status_code == status else value
        if answer.status_code != status or said != value:
            return Finding(f"{path} answered {answer.status_code}, expected {status}: {_words(answer)}")
    return None


async def _remove(seen: Inspection, task_id: str, *lists: str) -> None:
    """Takes the sample away again; ``lists`` have it too."""
    command = seen.services.tokens.command
    await seen.server.pipeline(
        [
            *(("LREM", key, 0, task_id) for key in lists),
            ("HDEL", _KEYS.tasks, task_id),
            ("HDEL", _KEYS.results, task_id),
            ("ZREM", _KEYS.ttl, task_id),
            ("DEL", _KEYS.lease(task_id)),
            ("LREM", _KEYS.pending(command, _PRIORITY), 0, task_id),
            ("SREM", _KEYS.inprog(command), task_id),
            ("ZREM", _KEYS.delayed(command), task_id),
            ("LREM", _KEYS.dlq(command), 0, task_id),
        ]
    )


async def health(seen: Inspection) -> Verdict:
    """V9: the gauges are there, which they are not while any key has a wrong type; a claim is never 500."""
    found = []
    metrics = await seen.services.metrics()
    if "codeq_queue_depth{" not in metrics.text:
        found.append(
            Finding("/metrics has no codeq_queue_depth: some key has a wrong type", (), ("codeq/H1",))
        )
    tokens = seen.services.tokens
    if tokens.shares:  # the sample's claims must do: another one would take migrated work
        return verdict("V9", _HEALTH, found, looked=1, at="answer")
    claim = await seen.services.new("/tasks/claim", {"commands": [tokens.command]}, tokens.worker)
    if claim.status_code != 204:
        found.append(Finding(f"a claim answered {claim.status_code}: {claim.text[:80]}"))
    return verdict("V9", _HEALTH, found, looked=2, at="answers")


def _words(answer: httpx.Response) -> str:
    """What codeQ said, and what is to be done where that is known."""
    unloaded = answer.status_code == 500 and "NOSCRIPT" in answer.text
    return f"{answer.text[:80]}: {NEEDED}: {HOW}" if unloaded else answer.text[:80]


async def authorisation(seen: Inspection) -> Verdict:
    """V10: the old tokens are worth nothing any more, and the new ones no more than they say."""
    services, tokens = seen.services, seen.services.tokens
    take, task = {"commands": [tokens.command]}, {"command": tokens.command, "payload": 1}
    expected: list[tuple[str, str, Any, str, int]] = [
        ("the old idToken", "/tasks", task, tokens.legacy, 401),
        ("a producer's token at a claim", "/tasks/claim", take, tokens.producer, 401),
        ("a worker without the scope", "/tasks/claim", take, tokens.unscoped, 403),
        ("a worker of other events", "/tasks/claim", take, tokens.foreign, 403),
        ("a producer as administrator", "/admin/queues", None, tokens.producer, 401),
        ("a producer with the header X-Role: ADMIN", "/admin/queues", None, tokens.producer, 401),
    ]
    found = []
    known = [one for one in expected if one[3]]
    for who, path, body, token, status in known:
        headers = {"X-Role": "ADMIN"} if "X-Role" in who else None
        answer = await services.new(path, body, token, headers)
        if answer.status_code != status:
            said = f"{who} was answered {answer.status_code}, expected {status}: {answer.text[:80]}"
            found.append(Finding(said))
        if answer.status_code == 200 and path == "/tasks/claim":
            # Handed out to somebody who should not have got it: given back.
            await services.new(f"/tasks/{segment(str(members(answer).get('id')))}/abandon", b"", token)
        if answer.status_code == 202:
            await _remove(seen, str(members(answer).get("id")))
    title = "authorisation: old tokens are refused, new ones do what they say"
    return verdict("V10", title, found, looked=len(known), at="tokens to be refused")


async def rerun(seen: Inspection) -> Verdict:
    """V12: the migrator run again changes nothing."""
    before = await read_snapshot(seen.server, CODEQ)
    again = await seen.migrator.apply()
    changed = before.changed(await read_snapshot(seen.server, CODEQ))
    found = None
    if again.changes or changed:
        found = Finding(f"a second run reports {again.changes} changes", tuple(changed))
    title = "second run: nothing is changed by it"
    return verdict("V12", title, [found], looked=len(before.entries), at="migrated keys")
