"""The Durable Objects of a simulation: each once, whatever location calls it, and whatever is deployed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock
from harness.migration import MigrationError
from harness.system.deployment import RunningObjects
from harness.system.stages import DurableClass, LoadedStage
from harness.world.calls import Asked
from harness.world.remote_objects import Carry, RemoteObjects
from kvstore import KVError
from kvstore.javascript.json_text import stringify
from kvstore.layers.invocation import Invocations
from kvstore.layers.layer import Within
from worker.durable import Objects
from worker.durable.object_id import DurableObjectId
from worker.durable.objects import Deliver
from worker.sdk.web.http.response import Response


class DeployedObjects:
    """What Workers are bound to. Storage outlives a deployment; an object that does nothing takes its code.

    What an alarm does belongs to no request. ``carry`` has calls of objects carried out; without it those of
    objects in Python take no time.
    """

    def __init__(
        self, seed: int, clock: LoopClock, invocations: Invocations, carry: Carry | None = None
    ) -> None:
        self._seed = seed
        self._clock = clock
        self._invocations = invocations
        self._carry = carry
        self._classes: dict[str, Objects] = {}
        self._remote: dict[str, RemoteObjects] = {}
        self._stage: LoadedStage | None = None
        # Whether who asks is an object, for which others may wait.
        self.is_asking: ContextVar[bool] = ContextVar("is_asking", default=False)

    def deploy(self, stage: LoadedStage, bindings: Mapping[str, object]) -> dict[str, object]:
        """The bindings of a stage's Worker to its objects, which see ``bindings`` and each other.

        Raises MigrationError where they were in another language before.
        """
        self._stage = stage
        if not stage.durable:
            return {}
        running = stage.worker_code.running_objects(bindings)
        if running is not None:
            return self._deployed(running, stage)
        found = {}
        for name, one in stage.durable.items():
            if one.key in self._remote:
                raise _in_two(one, stage)
            if one.key not in self._classes:
                self._classes[one.key] = self._objects(one)
            found[name] = self._classes[one.key]
        bound = {name: objects.binding for name, objects in found.items()}
        for name, objects in found.items():
            kind = stage.worker_code.durable_class(stage.durable[name].class_name)
            objects.define(kind, {**bindings, **bound})
            objects.evict(idle=True)
        return dict(bound)

    def _deployed(self, running: RunningObjects, stage: LoadedStage) -> dict[str, object]:
        """The same for a Worker in JavaScript."""
        bound: dict[str, object] = {}
        assert self._carry is not None
        for name, one in stage.durable.items():
            if one.key in self._classes:
                raise _in_two(one, stage)
            if one.key in self._remote:
                self._remote[one.key].define(running, name)
            else:
                chance, about = Chance(self._seed, one.key), (one.key, one.class_name)
                self._remote[one.key] = RemoteObjects(
                    running, name, *about, self._clock, chance, self._carry, self._around
                )
            bound[name] = self._remote[one.key]
        running.begin(bound, partial(self._set_alarm, stage))
        return bound

    def _set_alarm(self, stage: LoadedStage, class_name: str, digits: str, when: int | None) -> None:
        key = next(one.key for one in stage.durable.values() if one.class_name == class_name)
        self._remote[key].set_alarm(digits, when)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._classes or self._remote)

    def close(self) -> None:
        for objects in self._classes.values():
            objects.close()
        for remote in self._remote.values():
            remote.close()

    def _objects(self, one: DurableClass) -> Objects:
        async def carry(identity: DurableObjectId, what: str, deliver: Deliver) -> Any:
            name = getattr(identity, "name", None)
            asked = Asked(one.class_name, identity.js_string() if name is None else name, what)
            assert self._carry is not None
            return await self._carry(asked, deliver, _came)

        return Objects(
            one.key,
            clock=self._clock,
            entropy=Chance(self._seed, one.key),
            carry=carry if self._carry is not None else None,
            around=self._around,
            sqlite=one.sqlite,
        )

    @contextmanager
    def _around(self, event: str) -> Iterator[None]:
        assert self._stage is not None
        alarm = self._invocations.start("alarm") if event == "alarm" else nullcontext()
        with self._stage.worker_code.at(0), alarm, Within(self.is_asking, True):
            yield


def _came(result: Any) -> str:
    """What came of a call, as text."""
    if isinstance(result, Response):
        return str(result.status)
    try:
        return str(stringify(result))
    except KVError:
        return type(result).__name__


def _in_two(one: DurableClass, stage: LoadedStage) -> MigrationError:
    return MigrationError(
        f"{stage.name} has the Durable Object class {one.class_name} in another language than a stage before "
        "it, which is not emulated in a rehearsal"
    )
