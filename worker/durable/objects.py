"""A class with all its objects: what a deployment makes once, and binds wherever the class is called from.

An object exists once, however many Workers, locations or bindings call it. It has memory while it lives
(`Instance`) and storage for ever (`Disk`).
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import nullcontext
from typing import Any

from kvstore.clock import Clock, SystemClock
from kvstore.entropy import Entropy, SystemEntropy
from worker.durable import object_id
from worker.durable.alarms import Alarms, call_handler, is_last
from worker.durable.errors import ObjectError, lost
from worker.durable.gate import Gate
from worker.durable.instance import Around, Instance, ObjectClass
from worker.durable.namespace import DurableObjectNamespace
from worker.durable.object_id import DurableObjectId
from worker.durable.storage.disk import Disk, MemoryDisk
from worker.durable.storage.rows import Rows
from worker.durable.storage.storage import DurableObjectStorage, Probe
from worker.durable.stub import Event
from worker.sdk.env import make_env

Deliver = Callable[[], Coroutine[Any, Any, Any]]
Carry = Callable[[DurableObjectId, str, Deliver], Awaitable[Any]]


class Objects:
    """The objects of the class ``kind``, which see ``bindings`` as their ``env``.

    ``binding``  goes into the bindings of every Worker that calls them: ``{"COORDINATOR": objects.binding}``
    ``unique_key``  names the class: ids are valid for one key only. wrangler's is ``<script>-<class>``
    ``disk``  keeps what is stored; given to new Objects it is what a restart finds
    ``clock``, ``entropy``  time and chance of alarms and ids; the class itself has its Worker's
    ``carry``  is given each call of a stub: the object's id, what is asked (a method's name, or
               ``PUT /path``), and what delivers the call and gives its result. The caller gets what it
               gives or raises
    ``probe``  is called before every storage operation with its name, and with "commit"; if it raises what is
               no Exception (such as kvstore.faults.InvocationCrashed), the object ends right there
    ``around``  is entered for each event of an object, with the event's name
    ``sqlite``  tells new_sqlite_classes from new_classes: the limits of keys and values differ
    ``ring``  lets alarms ring by themselves; without it `ring_due` is for whoever moves the clock
    """

    def __init__(
        self,
        unique_key: str,
        kind: ObjectClass | None = None,
        bindings: Mapping[str, object] | None = None,
        *,
        disk: Disk | None = None,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        carry: Carry | None = None,
        probe: Probe | None = None,
        around: Around | None = None,
        sqlite: bool = True,
        ring: bool = True,
    ) -> None:
        self.unique_key = unique_key
        self.disk = disk or MemoryDisk()
        self._clock = clock or SystemClock()
        self._carry = carry
        self._probe: Probe = probe or (lambda operation: None)
        self._around: Around = around or (lambda name: nullcontext())
        self._sqlite = sqlite
        chance = entropy or SystemEntropy()
        self._alarms = Alarms(self._clock, chance, self._ring, automatic=ring)
        self._living: dict[str, Instance] = {}
        self._known: dict[str, DurableObjectId] = {}
        self.binding = DurableObjectNamespace(unique_key, chance, self._send)
        self._kind: ObjectClass | None = None
        self._env: Any = None
        if kind is not None:
            self.define(kind, bindings or {})

    def define(
        self, kind: ObjectClass, bindings: Mapping[str, object] | None = None, *, env: Any = None
    ) -> None:
        """Give the class, known only once its Worker is loaded; ``env`` is an environment as it is."""
        self._kind = kind
        self._env = make_env(bindings or {}) if env is None else env

    def restore(self) -> None:
        """Plan the alarms that ``disk`` holds: for a restart. Needs a running event loop if they ring."""
        for digits in self.disk.known():
            when = self.disk.rows(digits).alarm
            if when is not None:
                self._alarms.set(digits, when)

    async def _send(self, identity: DurableObjectId, name: str, what: str, event: Event) -> Any:
        async def deliver() -> Any:
            return await self._instance(identity).deliver(name, event)

        if self._carry is None:
            return await deliver()
        return await self._carry(self._known.get(identity.js_string(), identity), what, deliver)

    def _instance(self, identity: DurableObjectId) -> Instance:
        if self._kind is None:
            raise ObjectError("Error", f"{self.unique_key} has no class yet")
        digits = identity.js_string()
        # An object that was once called by its name knows it, however it is called later.
        self._known.setdefault(digits, identity)
        if digits not in self._living:
            rows = self.disk.rows(digits)
            rows.on_commit = lambda when: self._alarms.set(digits, when)
            self._living[digits] = Instance(
                self._kind, self._known[digits], self._env, rows, self._storage, self._around, self._ended
            )
        return self._living[digits]

    def _storage(self, rows: Rows, gate: Gate) -> DurableObjectStorage:
        return DurableObjectStorage(rows, self._clock, self._probe, gate, sqlite=self._sqlite)

    def _ended(self, instance: Instance) -> None:
        self._living.pop(instance.identity.js_string(), None)

    async def _ring(self, digits: str, retry: int) -> bool:
        instance = self._instance(self._known.get(digits) or object_id.parsed(digits, self.unique_key))
        rang = False

        async def handle(target: Any) -> None:
            nonlocal rang
            when = instance.storage.js_ring()
            if when is None:
                rang = True
                return
            done = False
            try:
                await call_handler(_alarm_of(target), when, retry)
                done = True
            finally:
                rings_again = instance.storage.js_rang(done=done or is_last(retry))
                rang = not rings_again

        try:
            await instance.deliver("alarm", handle)
        except ObjectError:
            # The object may have ended before it could say; then its storage does.
            return rang if instance.fate is None else self._settled_after_end(digits, retry)
        return rang

    def _settled_after_end(self, digits: str, retry: int) -> bool:
        rows = self.disk.rows(digits)
        if rows.alarm is not None and is_last(retry):
            rows.alarm = None
            rows.flush()
        return rows.alarm is None

    async def ring_due(self) -> int:
        """Ring every alarm whose time has come, earliest first; how many rang."""
        return await self._alarms.ring_due()

    @property
    def next_alarm(self) -> int | None:
        """When the next alarm rings, in milliseconds since the epoch; None without one."""
        return self._alarms.next_at

    def evict(self, name: str | None = None, *, idle: bool = False) -> int:
        """Drop the object called ``name``, or all, from memory, as the platform may at any time; how many.

        With ``idle`` only those that do nothing.
        Storage stays. Whatever an object was about to commit is rolled back, and callers that wait get
        "Network connection lost.": evicted in the middle of an event, it has crashed.
        """
        digits = None if name is None else object_id.named(name, self.unique_key).js_string()
        chosen = [one for key, one in list(self._living.items()) if digits in (None, key)]
        chosen = [one for one in chosen if not (idle and one.is_busy)]
        for instance in chosen:
            instance.finish(lost())
        return len(chosen)

    def close(self) -> None:
        """End all objects and their alarms, and close the databases. The loop may be gone by then."""
        self.evict()
        self._alarms.close()
        self.disk.close()


def _alarm_of(target: Any) -> Callable[..., Any]:
    handler: Callable[..., Any] | None = getattr(target, "alarm", None)
    if handler is None:
        raise TypeError("Method alarm does not exist")
    return handler
