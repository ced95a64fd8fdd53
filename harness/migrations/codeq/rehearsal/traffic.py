"""The old service's clients, as far as a rehearsal needs them."""

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.legacy_state import LegacyState
from harness.migrations.codeq.services.local import Services, segment
from harness.migrations.codeq.services.seed import COMMANDS
from harness.migrations.redis.keyspace.snapshot import read_snapshot


async def work_a_little(services: Services, rounds: int = 3) -> int:
    """Creates, claims, heartbeats, abandons and finishes; leaves work in every state. How many requests."""
    requests = 0
    for number in range(rounds):
        for command in COMMANDS[:2]:
            made = await services.old("/tasks", {"command": command, "payload": {"traffic": number}})
            worker = {"workerId": f"worker-{number + 1}"}
            claimed = await services.old("/tasks/claim", {**worker, "commands": [command]})
            requests += 2
            if made.status_code != 202 or claimed.status_code != 200:
                continue
            path = f"/tasks/{segment(claimed.json()['id'])}"
            last = ("/heartbeat", "/abandon", "/result")[number % 3]
            await services.old(f"{path}{last}", {**worker, "status": "COMPLETED"})
            requests += 1
    return requests


class OldWorkers:
    """Workers that finish what they hold, then claim and finish ``batch`` tasks of each command a turn."""

    def __init__(self, services: Services, batch: int = 200) -> None:
        self._services = services
        self._batch = batch
        self._commands: list[str] = []

    async def turn(self) -> None:
        if not self._commands:
            state = LegacyState(await read_snapshot(self._services.server, legacy.PREFIX))
            self._commands = sorted({task.command for task in state.parsed.values()})
            for task_id, (worker, _) in sorted(state.leases.items()):
                await self._finish(task_id, worker)
        for command in self._commands:
            for _ in range(self._batch):
                worker = "worker-1"
                asked = {"workerId": worker, "commands": [command]}
                answer = await self._services.old("/tasks/claim", asked)
                if answer.status_code != 200:
                    break
                await self._finish(answer.json()["id"], worker)

    async def _finish(self, task_id: str, worker: str) -> None:
        done = {"workerId": worker, "status": "COMPLETED"}
        await self._services.old(f"/tasks/{segment(task_id)}/result", done)
