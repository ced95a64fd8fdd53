"""The Durable Objects of a simulation: each once, whatever location calls it, and whatever is deployed."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock
from harness.system.stages import LoadedStage
from harness.world.site import WAY_MS
from kvstore.layers.invocation import Invocations
from worker.durable import Objects


class DeployedObjects:
    """What Workers are bound to. Storage outlives a deployment; an object that does nothing takes its code.

    What an alarm does belongs to no request.
    """

    def __init__(self, seed: int, clock: LoopClock, invocations: Invocations) -> None:
        self._seed = seed
        self._clock = clock
        self._invocations = invocations
        self._classes: dict[str, Objects] = {}
        self._stage: LoadedStage | None = None

    def deploy(self, stage: LoadedStage, bindings: Mapping[str, object]) -> dict[str, object]:
        """The bindings of a stage's Worker to its objects, which see ``bindings`` and each other."""
        self._stage = stage
        found = {}
        for name, one in stage.durable.items():
            if one.key not in self._classes:
                self._classes[one.key] = self._objects(one.key, sqlite=one.sqlite)
            found[name] = self._classes[one.key]
        bound = {name: objects.binding for name, objects in found.items()}
        for name, objects in found.items():
            kind = stage.worker_code.durable_class(stage.durable[name].class_name)
            objects.define(kind, {**bindings, **bound})
            objects.evict(idle=True)
        return dict(bound)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._classes)

    def close(self) -> None:
        for objects in self._classes.values():
            objects.close()

    def _objects(self, key: str, *, sqlite: bool) -> Objects:
        return Objects(
            key,
            clock=self._clock,
            entropy=Chance(self._seed, key),
            latency=self._latency(key),
            around=self._around,
            sqlite=sqlite,
        )

    def _latency(self, key: str) -> Callable[[str], Awaitable[None]]:
        chance = Chance(self._seed, f"{key}/way")

        async def travel(way: str) -> None:
            await self._clock.pause(chance.between(*WAY_MS))

        return travel

    @contextmanager
    def _around(self, event: str) -> Iterator[None]:
        assert self._stage is not None
        alarm = self._invocations.start("alarm") if event == "alarm" else nullcontext()
        with self._stage.worker_code.at(0), alarm:
            yield
