"""A JavaScript Worker of a few lines, asked in a simulation of its own."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock, SimulatedLoop
from harness.system.deployment import NotSequential
from harness.system.javascript.code import JavaScriptCode, JavaScriptWorker
from harness.system.noted import NotedNamespace
from kvstore.conditions import CONDITIONS
from kvstore.faults import FAULTS
from kvstore.layers.transit import Trip
from kvstore.platform import Layers
from kvstore.stores.memory import MemoryStore
from worker.config import config_in, load_config
from worker.sdk.http.request import Request

# Whoever makes code closes it.
OPEN: list[JavaScriptCode] = []
START = 1_800_000_000_000
CONFIG = """
name = "small"
main = "src/index.js"
compatibility_date = "2025-10-08"
kv_namespaces = [{ binding = "KV", id = "0123456789abcdef0123456789abcdef" }]
"""


def histories_elsewhere(module: str, folder: Path, seeds: range) -> Any:
    """What ``histories`` of a module gives for ``folder`` and ``seeds`` in a process of its own."""
    program = (
        f"import json; from pathlib import Path; from {module} import histories; "
        f"print(json.dumps(histories(Path({str(folder)!r}), {seeds!r})))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def code_of(folder: Path, text: str, config: str = CONFIG) -> JavaScriptCode:
    """The code of a Worker whose only file has ``text``."""
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "index.js").write_text(text)
    (folder / "wrangler.toml").write_text(config)
    path = config_in(folder)
    assert path is not None
    OPEN.append(JavaScriptCode(load_config(path)))
    return OPEN[-1]


class Simulation:
    """One simulation of ``code``; operations take 10 ms, and ``faults`` happen at their numbers."""

    def __init__(self, code: JavaScriptCode, seed: int, faults: dict[int, str] | None = None) -> None:
        self.loop = SimulatedLoop(Chance(seed, "loop"))  # type: ignore[abstract]
        self.clock = LoopClock(self.loop, START)
        layers = Layers(MemoryStore(self.clock), CONDITIONS["local"])
        chance, planned = Chance(seed, "trips"), faults or {}

        def plan(invocation: str, ordinal: int, verb: str, key: str) -> Trip:
            fault = planned.get(ordinal)
            return Trip(10 + chance.below(5), 0, None if fault is None else FAULTS[fault])

        def binding(store: Any) -> NotedNamespace:
            return NotedNamespace(store, layers.invocations, layers.asked, "KV")

        self.layers = layers
        self.worker: JavaScriptWorker = code.with_bindings(
            {"KV": layers.location("AMS", plan, Chance(seed), binding).namespace}
        )

    async def get(self, path: str, actor: str = "somebody") -> str:
        """The body of an answer, when all that the request does is done."""
        with self.layers.invocations.start(actor):
            request = Request.from_parts("GET", f"https://x.example{path}", [("cf-connecting-ip", actor)])
            answer = await self.worker.fetch(request)
            await self.worker.background.drain()
        assert isinstance(answer.body, bytes)
        return answer.body.decode()

    @property
    def asked(self) -> list[str]:
        return [f"{one.verb} {one.key}" for one in self.layers.asked]


Play = Callable[[Simulation], Awaitable[Any]]


def simulated(code: JavaScriptCode, play: Play, seed: int = 1, faults: dict[int, str] | None = None) -> Any:
    """What ``play`` gives."""

    def begun(once: bool) -> Any:
        simulation = Simulation(code, seed, faults)
        code.enter(simulation.clock, seed, once=once)
        _ = code.code
        return simulation.loop.run(_awaited(play(simulation)))

    try:
        return begun(once=False)
    except NotSequential:
        return begun(once=True)


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


def at_once(*paths: str) -> Play:
    """Everybody asks one of ``paths``; gives the answers, and every KV operation with its time."""

    async def play(simulation: Simulation) -> Any:
        asks = [simulation.get(path, f"{number}") for number, path in enumerate(paths)]
        answers = await asyncio.gather(*asks)
        return answers, [(one.at, one.verb, one.key) for one in simulation.layers.asked]

    return play
