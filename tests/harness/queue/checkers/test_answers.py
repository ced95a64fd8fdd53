"""Numbers, notes and refusals of answers are judged: a mistake in each is seen in a scenario with it."""

import pytest

from harness.migrations.queue.checkers import judge
from harness.migrations.queue.layout import OLD_TASK, PENDING, QUARANTINE
from harness.migrations.queue.mutated import violated
from harness.migrations.queue.simulation.population import populate
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import BEGIN_MS, simulate
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.system.code import WorkerCode
from kvstore import Entry

SAFE = "migration=safe strategy=zero-downtime"
QUARANTINED = 'self.copying.step.notes.append(f"Task {one.id}: {why}; the old entry is in quarantine")'
KEPT = "await self.copying.keep(one.source, body)"
# The file, what is in it, what is there instead, a scenario in which that is wrong, and how.
MISTAKES = {
    "a copy that failed counts as made": (
        "migration/safe/copying.py",
        "if stored is None or not stored.same_bytes(body):",
        "if stored is None:",
        "seed=3 conditions=production claims=coordinator tasks=1 rollback=halfway odd=both-changed "
        "faults=refused@operator-1.4:10",
        "I16",
    ),
    "it is said to be in quarantine before it is": (
        "migration/safe/verifying.py",
        f"{KEPT}\n            {QUARANTINED}",
        f"{QUARANTINED}\n            {KEPT}",
        "conditions=local leases=1 odd=held-longer-old,raw,both-end producers=1 daemons=1 polls=4 "
        "faults=slow@operator-1.2:17,outage@operator-1.3:17",
        "I16",
    ),
    "something is left after a deletion that is done": (
        "migration/safe/deletion.py",
        "remaining=0 if done else 1",
        "remaining=1",
        "conditions=local claims=coordinator rollback=halfway odd=new-only,both-changed daemons=1 "
        "aside=dry-run,dry-delete,delete",
        "I16",
    ),
    "who looks writes": (
        "keys.py",
        '"ratelimit:"',
        '"event:"',
        "conditions=local tasks=1",
        "I13",
    ),
    "a result is looked for under another name": (
        "api/results.py",
        'keys.result(task_id), "json"',
        '"json", keys.result(task_id)',
        "conditions=local claims=coordinator rollback=after leases=1 odd=metadata daemons=1 lookers=1",
        "I13",
    ),
    "a task lacks what its event says of the sender": (
        "webhooks/producer.py",
        '''"metadata": event.metadata,
        "delegationHints"''',
        '"delegationHints"',
        "conditions=local tasks=1 producers=1",
        "I13",
    ),
    "a message that is sent again is another task": (
        "webhooks/slack.py",
        'f"slack_{text(moment) if truthy(moment)',
        'f"slack_{text(moment) if not truthy(moment)',
        "conditions=local tasks=1 producers=1",
        "I13",
    ),
    "a task without a priority": (
        "webhooks/classification.py",
        '("medium" if source == "clawdbot" else "low")',
        "None",
        "conditions=local tasks=1 producers=1",
        "I13",
    ),
    "the pending list is written elsewhere": (
        "formats/old.py",
        "self.kv.put(keys.PENDING,",
        "self.kv.put(str(keys.RESULT_TTL),",
        "conditions=local claims=coordinator rollback=halfway tasks=5 leases=2 daemons=3 polls=6 beat=15",
        "I13",
    ),
    "an id that cannot be a key is refused as a request without an API key": (
        "requests/reply.py",
        '{"error": error, **extra}, 400',
        '{"error": error, **extra}, 401',
        "tasks=6 odd=unusual-ids,long-id lookers=2",
        "I13",
    ),
    "the limiter names a moment that is past": (
        "requests/limiter.py",
        "reset_at=int(min(recent)) + WINDOW_MS",
        "reset_at=int(min(recent)) - WINDOW_MS",
        "seed=13 conditions=local rollback=after tasks=6 leases=6 odd=duplicate,orphan-lease,metadata,"
        "last-minute,number,short-lease,long-result,unusual-ids,pending-object producers=2 events=3 "
        "daemons=1 lookers=2 runs=1 operators=2 within=2 faults=unanswered@operator-1.2:25",
        "I13",
    ),
    "the limiter forgets what it counted": (
        "requests/limiter.py",
        '_moments(await kv.get(key, "json"), now',
        "_moments(None, now",
        "conditions=local tasks=2 daemons=1",
        "I13",
    ),
    "a rollback says that it was a dry run": (
        "migration/safe/rollback.py",
        '''"dryRun": False,
        "tasks"''',
        '''"dryRun": True,
        "tasks"''',
        "conditions=local rollback=after tasks=1",
        "I16",
    ),
    "a task is ready before it was sent": (
        "webhooks/producer.py",
        "platform.now_ms() + COMPLETION",
        "platform.now_ms() - COMPLETION",
        "conditions=local tasks=1 producers=1",
        "I13",
    ),
    "a deletion is never done": (
        "migration/safe/deletion.py",
        "deleted, errors, busy, done = 0, list[str](), 0, False",
        "deleted, errors, busy, done = 0, list[str](), 1, False",
        "conditions=local claims=coordinator rollback=halfway odd=new-only,both-changed daemons=1 "
        "aside=dry-run,dry-delete,delete",
        "I16",
    ),
    "a status that fails is left to the platform": (
        "migration/routes.py",
        'return json_reply({"success": False, "error": str(error)}, 500)',
        "pass",
        "conditions=local claims=coordinator tasks=1 faults=outage@operator-1.1:4",
        "I13",
    ),
    "the first claim is turned away for nothing": (
        "coordinator.py",
        "return platform.now_ms() < int(first)",
        "return platform.now_ms() <= int(first)",
        "conditions=local claims=coordinator odd=completed,corrupt,long-result daemons=6 polls=8",
        "I13",
    ),
    "what is not there is refused by another status": (
        "api/tasks.py",
        '{"error": "Task not found"}, 404',
        '{"error": "Task not found"}, 405',
        "claims=coordinator tasks=6 odd=metadata colos=3 daemons=3 polls=6 lookers=3",
        "I13",
    ),
    "who holds a task is told that nobody does": (
        "api/leases.py",
        """
    if not truthy(lease):
        return json_reply({"success": True,""",
        """
    if truthy(lease):
        return json_reply({"success": True,""",
        "conditions=local claims=coordinator tasks=2 daemons=2 polls=6 given_back=5 after=130",
        "I13",
    ),
    "a task that cannot be worked on is handed out": (
        "formats/careful.py",
        "return task if truthy(task) else None",
        "return task",
        "conditions=local claims=coordinator tasks=1 odd=zero+held-briefly daemons=2 after=130",
        "I13",
    ),
    "the old Worker keeps a result for another time": (
        "formats/old.py",
        "expirationTtl=keys.RESULT_TTL",
        "expirationTtl=keys.RESULT_TTL + 60",
        "conditions=local tasks=3 daemons=2 polls=6 within=3600 work=20",
        "I13",
    ),
    "a coordinator forgets its turns": (
        "turns.py",
        "self._taken[name] = begin + longest",
        "pass",
        "conditions=local claims=coordinator tasks=2 leases=1 at_once=renew,renew format=dual pace=50 "
        "order=a6b99",
        "I20",
    ),
    "a step keeps its turn": (
        "migration/safe/coordinated.py",
        "await coordinator.leave(TURN)",
        "pass",
        "conditions=local claims=coordinator tasks=3 leases=1",
        "I16",
    ),
    "a request keeps its turn": (
        "formats/coordinated.py",
        "await coordinator.leave(name)",
        "pass",
        "seed=3 conditions=local claims=coordinator tasks=1 daemons=1 polls=3 after=130 work=10",
        "I13",
    ),
    "a corrupt task becomes one of the new format": (
        "migration/safe/body.py",
        "return False\n    return True",
        "return True\n    return True",
        "conditions=local tasks=2 odd=corrupt",
        "I28",
    ),
    "leases are blamed for what failed with tasks": (
        "migration/safe/copying.py",
        "self.step.fail(kind, task_id, error)",
        'self.step.fail("leases", task_id, error)',
        "conditions=local tasks=2 faults=refused@operator-1.3:8",
        "I16",
    ),
    "a note names nothing": (
        "migration/safe/pending.py",
        "if odd else []",
        "if not odd else []",
        "conditions=local leases=1",
        "I16",
    ),
    "a step that is put off is told to come at once": (
        "migration/safe/mover.py",
        "platform.now_ms() + BUSY_MS",
        "platform.now_ms() - BUSY_MS",
        "conditions=local claims=coordinator tasks=5 operators=2 within=1",
        "I16",
    ),
    "a copy that was put and not confirmed is a failure": (
        "migration/safe/copying.py",
        "if stored is None or not stored.same_bytes(body):",
        "if stored is None or stored.same_bytes(body):",
        "conditions=local tasks=2 faults=unanswered@operator-1.2:10",
        "I16",
    ),
    "a dry run of a deletion is taken for one": (
        "migration/safe/routes.py",
        """
        if dry == "true":
            return await deletion.dry_run(kv, limits)""",
        "",
        "conditions=local claims=coordinator rollback=halfway odd=new-only aside=dry-delete",
        "I16",
    ),
    "a migration is recommended whether it is needed or not": (
        "migration/safe/status.py",
        'format" if needed else',
        'format" if True else',
        "conditions=local tasks=1",
        "I17",
    ),
    "copies are waited for where everybody sees them": (
        "migration/safe/journal.py",
        "COPYING_MS if verify_after else 0",
        "COPYING_MS",
        "conditions=local tasks=2",
        "I19",
    ),
    "the old Worker takes a list for none": (
        "formats/old.py",
        "if not isinstance(pending, list)",
        "if isinstance(pending, list)",
        "conditions=local tasks=3 daemons=2 polls=6 within=3600 work=20",
        "I13",
    ),
    "the old Worker gives out no task": (
        "formats/leased.py",
        'if _member(await self.lease(task_id), "claimNonce") !=',
        'if (await self.lease(task_id))["nonce"] !=',
        "conditions=local tasks=3 daemons=2 polls=6 within=3600 work=20",
        "I13",
    ),
    "an error of a message is not answered": (
        "webhooks/routes.py",
        """    except SettingError:
        raise
    except Exception:""",
        """    except Exception:
        raise
    except SettingError:""",
        "conditions=local tasks=1 producers=1 faults=refused@producer-1.1:3",
        "I13",
    ),
    "the lease that lasts longer goes": (
        "migration/safe/verifying.py",
        "if lease is None or lease.members",
        "if lease is not None or lease.members",
        "conditions=local odd=held-longer-old",
        "I9",
    ),
    "a completed task is renewed": (
        "formats/record.py",
        "if self.is_done or self.holding is not None:",
        "if self.holding is not None:",
        "conditions=local claims=coordinator tasks=2 leases=1 odd=copied-before at_once=renew,complete "
        "format=dual order=a2b99 pace=50",
        "I13",
    ),
    "a dry run is remembered for longer": (
        "migration/safe/deletion.py",
        "expirationTtl=keys.DRY_RUN_TTL",
        "expirationTtl=keys.DRY_RUN_TTL + 60",
        "conditions=local tasks=2 rollback=halfway aside=dry-delete",
        "I16",
    ),
    "the limiter counts nothing": (
        "requests/limiter.py",
        'await kv.put(key, stringify({"requests": recent}), expirationTtl=keys.RATE_LIMIT_TTL)',
        "pass",
        "conditions=local tasks=2 daemons=1 after=130",
        "I13",
    ),
    "an object counts nothing": (
        "settings.py",
        'namespace = getattr(env, "REQUESTS", None)',
        'namespace = getattr("REQUESTS", env, None)',
        "conditions=local claims=coordinator tasks=12 daemons=20 polls=4 beat=5 lookers=3",
        "I13",
    ),
    "a step does not say how far it came": (
        "migration/safe/mover.py",
        "self.step.cursor = batch[-1].id",
        "pass",
        "conditions=local tasks=2",
        "I16",
    ),
    "a step that did nothing says that it migrated": (
        "migration/safe/report.py",
        "touched: bool = False",
        "touched: bool = True",
        "conditions=local tasks=2",
        "I11",
    ),
    "a step does not wait for the next day": (
        "migration/safe/report.py",
        "(now_ms // _DAY_MS + 1) * _DAY_MS",
        "(now_ms // _DAY_MS + 1) // _DAY_MS",
        "conditions=free tasks=4 spent=999",
        "I16",
    ),
    "a lease without a text counts as none": (
        "formats/lease.py",
        "if text is None:",
        "if not text:",
        "seed=1001 conditions=local claims=coordinator tasks=5 leases=2 page=1 budget=50 colos=2 producers=2 "
        "daemons=3 polls=4 beat=15 runs=1 faults=crash@daemon-1.2:6 "
        "odd=meta-object+both+kept-other+twice+done,both-behind,meta-false+permanent+both+held-unread,"
        "empty+twice+done",
        "I13",
    ),
    "an event has no type": (
        "webhooks/slack.py",
        'words(message.get("type")) or "message"',
        'words(message.get("type")) and "message"',
        "conditions=local tasks=1 producers=1",
        "I13",
    ),
    "a way back takes time from a lease": (
        "migration/safe/copying.py",
        'if kind == "leases" and lasts_longer(there, body.text):',
        "if False:",
        "seed=12400052 tasks=6 odd=kept+held-longer-old rollback=halfway faults=slow@operator-1.2:7",
        "I9",
    ),
    "a lease that is over holds its task for a coordinator": (
        "formats/coordinated.py",
        'return ["" if lease.members is None else',
        'return ["" if lease.members is not None else',
        "seed=2 conditions=local claims=coordinator tasks=1 daemons=6 polls=20 beat=5 lease=30",
        "I13",
    ),
    "two senders are counted as one": (
        "webhooks/routes.py",
        'headers.get("CF-Connecting-IP") or forwarded',
        'headers.get("CF-Connecting-IP") and forwarded',
        "seed=1 conditions=local tasks=5 leases=2 producers=2 daemons=1 polls=6",
        "I13",
    ),
    "what else was in the pending list is not told": (
        "migration/safe/pending.py",
        "if not isinstance(item, str)]",
        "if False]",
        "conditions=local tasks=2 odd=not-text",
        "I16",
    ),
    "a deletion that is refused counts one": (
        "migration/safe/deletion.py",
        """ask with dryRun=true first",
        "deleted": 0,""",
        """ask with dryRun=true first",
        "deleted": 1,""",
        "conditions=local claims=coordinator rollback=halfway odd=new-only,both-changed daemons=1 "
        "aside=dry-run,dry-delete,delete faults=outage@operator-1.1:4",
        "I16",
    ),
    "a deletion that failed in part has another status": (
        "migration/safe/deletion.py",
        "207 if errors",
        "206 if errors",
        "seed=1 conditions=local claims=coordinator rollback=halfway odd=new-only,both-changed daemons=1 "
        "aside=dry-run,dry-delete,delete faults=unanswered@operator-1.11:4",
        "I16",
    ),
    "a message that failed has another status": (
        "webhooks/routes.py",
        '"requestId": request_id}, 500)',
        '"requestId": request_id}, 501)',
        "conditions=local tasks=1 producers=1 faults=refused@producer-1.1:3",
        "I13",
    ),
    "every message is taken for a verification": (
        "webhooks/slack.py",
        'isinstance(payload, dict) and payload.get("type") == "url_verification"',
        "isinstance(payload, dict)",
        "conditions=local tasks=1 producers=1",
        "I13",
    ),
    "more are named than there are": (
        "migration/safe/report.py",
        "if len(ids) > NAMED",
        "if len(ids) <= NAMED",
        "conditions=local tasks=2 odd=not-text",
        "I16",
    ),
    "a step that is put off does not say why": (
        "migration/safe/mover.py",
        'self.step.notes.append("Another step is being taken")',
        "pass",
        "conditions=local claims=coordinator tasks=5 operators=2 within=1",
        "I16",
    ),
    "a task that nobody holds is not given back": (
        "api/leases.py",
        """
    if not truthy(lease):
        return json_reply({"success": True,""",
        """
    if lease is False:
        return json_reply({"success": True,""",
        "seed=1 conditions=local tasks=5 leases=2 producers=2 daemons=1 polls=6 lease=30",
        "I13",
    ),
    "the old Worker gives out what is held": (
        "formats/leased.py",
        "candidate in leased:",
        "candidate not in leased:",
        "seed=1 conditions=local claims=coordinator rollback=halfway tasks=5 leases=2 daemons=3 "
        "polls=6 beat=15",
        "I13",
    ),
    "a dry run reads two pages of many": (
        "migration/safe/rollback.py",
        "max(2, limits.budget // 3)",
        "min(2, limits.budget // 3)",
        "conditions=local tasks=4 page=1 rollback=halfway aside=dry-run",
        "I16",
    ),
    "what nothing is wrong with is put into quarantine": (
        "migration/safe/body.py",
        "return False\n    return True",
        "return False\n    return False",
        "conditions=local leases=1",
        "I28",
    ),
    "messages are refused": (
        "router.py",
        'if path.startswith("/api/"):',
        "if True:",
        "conditions=local tasks=1 producers=1",
        "I13",
    ),
    "a refusal has no words": (
        "requests/task_id.py",
        'bad_request("Invalid taskId format", [detail])',
        'bad_request([detail], "Invalid taskId format")',
        "conditions=local tasks=1 odd=long-id lookers=1",
        "I13",
    ),
    "an error of the Worker's own is told for KV's": (
        "migration/safe/copying.py",
        "if stored is None or not stored.same_bytes(body):",
        "if not stored.same_bytes(body):",
        "conditions=local tasks=2 faults=refused@operator-1.2:10",
        "I16",
    ),
    "a deletion fails for nothing": (
        "migration/safe/deletion.py",
        "await _delete(meter, prefix + id)",
        "await _delete(prefix + id, meter)",
        "seed=1 conditions=local claims=coordinator rollback=halfway odd=new-only,both-changed daemons=1 "
        "aside=dry-run,dry-delete,delete",
        "I16",
    ),
    "a note says that it is done when it is not": (
        "migration/safe/rollback.py",
        "NOTE if step.done else UNDER_WAY",
        "NOTE if not step.done else UNDER_WAY",
        "conditions=local tasks=2 rollback=after",
        "I16",
    ),
    "a note of the migration never ends": (
        "migration/safe/journal.py",
        ", expirationTtl=keys.JOURNAL_TTL",
        "",
        "conditions=local tasks=2",
        "I25",
    ),
    "a new coordinator gives out at once": (
        "coordinator.py",
        "int(first) + settings.claims_settle",
        "int(first) - settings.claims_settle",
        "seed=1 claims=coordinator tasks=5 leases=2 colos=2 producers=2 daemons=3 polls=6 beat=15",
        "I13",
    ),
    "a message tells other numbers": (
        "migration/safe/rollback.py",
        "move {tasks.total} tasks",
        "move {leases.total} tasks",
        "conditions=local tasks=4 rollback=halfway aside=dry-run",
        "I16",
    ),
    "a dry run does not say how many tasks would be lost": (
        "migration/safe/deletion.py",
        "        lost=len(lost),\n",
        "",
        "conditions=local tasks=2 rollback=halfway aside=dry-delete",
        "I16",
    ),
    "two steps are taken at once": (
        "migration/safe/mover.py",
        "if await enter(self.coordinator):",
        "if True:",
        "seed=2 conditions=local claims=coordinator tasks=8 leases=3 operators=2 within=1",
        "I16",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_an_answer_is_seen(mistake: str) -> None:
    file, right, wrong, line, invariant = MISTAKES[mistake]
    path = (QUEUE_WORKER / "src" / "taskqueue" / file).resolve()
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    scenario = Scenario.read(f"{SAFE} {line}")
    found = []
    for texts in ({}, {path: text.replace(right, wrong)}):
        record = simulate(scenario, WorkerCode(QUEUE_WORKER, texts))
        found.append(violated(record, judge(record)).keys())
    assert [*map(list, found)] == [[], [invariant]]


@pytest.mark.parametrize("body", [b"[" * 100_000 + b"]" * 100_000, b"1" * 5000])
def test_json_beyond_what_python_reads_may_become_a_task(body: bytes) -> None:
    stored = {f"{OLD_TASK}slack_1": Entry(body), PENDING: Entry(b'["slack_1"]')}
    scenario = Scenario.read(f"{SAFE} conditions=local")
    record = simulate(scenario, WorkerCode(QUEUE_WORKER), entries=stored)
    assert record.final.new_tasks
    assert not violated(record, judge(record))


def test_a_task_whose_place_is_taken_may_fail_beside_a_lease() -> None:
    stored = populate(BEGIN_MS // 1000, 2, 1, ())
    corrupt = f"{OLD_TASK}slack_001"
    stored[corrupt] = stored[corrupt]._replace(value=b"{broken")
    stored[f"{QUARANTINE}slack_001"] = Entry(b"other")
    scenario = Scenario.read(f"{SAFE} conditions=local faults=refused@operator-1.2:8")
    record = simulate(scenario, WorkerCode(QUEUE_WORKER), entries=stored)
    assert any(run.member("tasks", "failed") and run.member("leases", "failed") for run in record.runs)
    assert not violated(record, judge(record))
