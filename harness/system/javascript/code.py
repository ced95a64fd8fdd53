"""A JavaScript Worker in simulations: built once, run in workerd, its module evaluated anew each time."""

import asyncio
import os
import tempfile
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock
from harness.system.deployment import NotSequential, SystemFailed
from harness.system.files import JAVASCRIPT, code_files, copied_with
from harness.system.javascript.answers import Answers, ObjectClass
from harness.system.javascript.configuration import Bundle
from harness.system.javascript.invocation import Host, Invocation, JavaScriptError
from harness.system.javascript.isolates import Isolates
from harness.system.javascript.lane import Lane
from harness.system.javascript.objects import RunningObjects
from harness.system.transport import BrokenOff
from kvstore import KVNamespace
from kvstore.layers.layer import Within
from worker.config import WorkerConfig
from worker.d1 import D1Database
from worker.javascript import (
    BuildError,
    BuildOptions,
    Built,
    MissingPartError,
    SourceMap,
    WorkerdError,
    find_part,
)
from worker.javascript.bundle import bundle
from worker.runtime import LoadError
from worker.runtime.background import Background
from worker.runtime.scheduled import ScheduledController
from worker.sdk.http.request import Request, RequestParts
from worker.sdk.http.response import ResponseParts


class JavaScriptCode:
    """What `WorkerCode` is for Python. Every actor has an isolate of its own at every location.

    ``texts`` are read in the place of what is in its files. ``tested``: it is deployed for a test, which is
    not begun anew. A Worker with Durable Objects has one isolate in a test, and answers one request after the
    other.
    Raises LoadError when the Worker cannot be built, or workerd does not take it.
    """

    effort = 5

    def __init__(
        self, config: WorkerConfig, texts: Mapping[Path, str] | None = None, *, tested: bool = False
    ) -> None:
        self.config = config
        self.texts = texts
        self._tested = tested
        self._is_alone = tested and bool(config.durable_objects)
        self._lane_count = 1 if self._is_alone else _TESTED_LANES if tested else LANES
        self.folder = config.root
        self.clock: LoopClock | None = None
        self.chance = Chance(0)
        self.operations = 0
        self.skew: ContextVar[int] = ContextVar("skew", default=0)
        # Where in the user's files a place of the bundle comes from, which was made in this folder.
        self._source_map = SourceMap("", config.root)
        self._built_in = config.root
        self._sources: list[Path] = []
        # Requests, by method and the first part of the path, that were seen to do several things at once;
        # and whether all of them may.
        self._parallel: set[tuple[str, str]] = set()
        self._sequential: set[tuple[str, str]] = set()
        self._once = False
        self._objects: RunningObjects | None = None
        self._running: list[Isolates] = []
        self._lanes: dict[tuple[JavaScriptWorker, str, int], Lane] = {}
        weakref.finalize(self, _stop, self._running)

    @cached_property
    def bundle(self) -> Bundle:
        """The Worker and all that it imports, as one module."""
        entry = self.config.entry
        assert entry is not None
        if not entry.is_file():
            raise LoadError(f'{self.config.path}: the entry-point file "{self.config.main}" was not found')
        esbuild, options = self._part("esbuild"), BuildOptions().configured(self.config)
        with (
            tempfile.TemporaryDirectory() as made,
            tempfile.TemporaryDirectory() as place,
            ThreadPoolExecutor(1) as elsewhere,
        ):
            folder = Path(made).resolve()
            output = folder / "bundle.mjs"
            if self.texts:
                self._built_in = copied_with(self.texts, self.folder, Path(place).resolve())
                entry = self._built_in / entry.resolve().relative_to(self.folder.resolve())

            def build(form: Literal["cjs", "esm"]) -> Built:
                # A loop may be running here, and that of a simulation starts no programs.
                work = bundle(esbuild, entry, output, options, self._built_in, form)
                return elsewhere.submit(asyncio.run, work).result()

            is_function = True
            try:
                built = build("cjs")
            except BuildError:
                is_function = False  # CommonJS has no await at the top of a module
                try:
                    built = build("esm")
                except BuildError as error:
                    raise LoadError(f"{entry} cannot be built: {error}") from error
            self._sources = built.sources
            code = output.read_bytes()
            self._source_map = SourceMap(code.decode("utf-8", "replace"), folder, "user")
            others = options.modules.members(folder, but=output.name)
            files = {name: (kind, (folder / name).read_bytes()) for name, kind in others.items()}
            return Bundle(code.rpartition(b"\n//# sourceMappingURL=")[0], files, built.imports, is_function)

    @property
    def sources(self) -> list[Path]:
        """The code that the bundle is made of, without packages. Raises LoadError."""
        _, root = self.bundle, self.folder.resolve()
        own = set(code_files(root))
        return [one for one in self._sources if one in own and one.suffix in JAVASCRIPT]

    @property
    def code(self) -> "JavaScriptCode":
        """The Worker without bindings: built, and running."""
        if not self._running:
            self._start()
        return self

    @property
    def variables(self) -> Mapping[str, object]:
        """The variables of the Worker's configuration."""
        return self.config.vars

    def durable_class(self, name: str) -> type:
        """They run in workerd. Raises LoadError."""
        raise LoadError(f"{self.folder} binds the Durable Object class {name}, which is JavaScript")

    def running_objects(self, bindings: Mapping[str, Any]) -> RunningObjects:
        """The Durable Objects of the Worker in the simulation that runs, which see ``bindings``."""
        if self._objects is None:
            worker = self.with_bindings(bindings)
            isolates = self._running[0] if self._running else self._start()
            lane = isolates.objects
            assert lane is not None, "the Worker binds no Durable Objects"
            self._objects = RunningObjects(self, lane, isolates.folder, worker.answers, worker.variables)
        return self._objects

    def with_bindings(self, bindings: Mapping[str, Any]) -> "JavaScriptWorker":
        """The Worker at one location, with the namespaces that it has there."""
        return JavaScriptWorker(self, bindings)

    def enter(self, clock: LoopClock, seed: int, *, once: bool = True) -> None:
        """A new simulation begins: no module keeps what it knows from the one before.

        Unless it can happen only ``once`` it raises NotSequential where the Worker does several things at
        once for the first time, and is to be begun anew.
        """
        self._once = once
        self.clock, self.chance = clock, Chance(seed, "worker")
        self._lanes.clear()
        self._objects = None
        for one in list(self._running):
            if not one.renew():
                self._running.remove(one)
                one.stop()

    def is_parallel(self, method: str, path: str) -> bool:
        """Whether such a request may do several things at once."""
        kind = _kind(method, path)
        return kind in self._parallel or (self._once and not (self._tested and kind in self._sequential))

    def was_parallel(self, method: str, path: str) -> NotSequential:
        """Such a request does several things at once: from now on that is expected."""
        self._parallel.add(_kind(method, path))
        return NotSequential()

    def was_sequential(self, method: str, path: str) -> None:
        """Such a request did one thing after the other: in a test that is expected from now on."""
        self._sequential.add(_kind(method, path))

    def in_one_line(self, stack: str) -> str:
        """An error as its message, with the line of the user's file that threw it where that is known."""
        message = stack.partition("\n    at ")[0]
        _, place = self._source_map.stack(stack)
        if place is None:
            return message
        return f"{message} ({os.path.relpath(place.file, self._built_in.resolve())}:{place.line})"

    def close(self) -> None:
        """End every workerd; the next simulation starts one."""
        _stop(self._running)

    def renew(self) -> bool:
        """The next simulation starts workerd anew."""
        self.close()
        return True

    def at(self, skew: int) -> Within[int]:
        """While the block lasts, the Worker's clock is ``skew`` milliseconds ahead."""
        return Within(self.skew, skew)

    def now_ms(self) -> int:
        """The time at the location of whoever asks."""
        assert self.clock is not None, "no simulation is running"
        return self.clock.now_ms() + self.skew.get()

    async def lane(self, worker: "JavaScriptWorker", actor: str) -> Lane:
        """An isolate for a request of ``actor``: the same as for its last one, unless that is busy."""
        if self._is_alone:
            return await self._only_lane()
        for number in count():
            lane = self._lanes.get((worker, actor, number))
            if lane is None:
                lane = self._lanes[worker, actor, number] = self._free()
            if not lane.is_busy and not lane.is_poisoned:
                return lane
        raise AssertionError

    async def _only_lane(self) -> Lane:
        (lane,) = (self._running[0] if self._running else self._start()).lanes
        while lane.is_busy and lane.ended is not None:
            await asyncio.wait([lane.ended])
        return lane

    def _free(self) -> Lane:
        taken = set(self._lanes.values())
        for one in self._running:
            for lane in one.lanes:
                if not lane.is_poisoned and lane not in taken:
                    return lane
        return self._start().lanes[0]

    def _start(self) -> Isolates:
        try:
            started = Isolates(
                self._part("workerd"), self.config, self.bundle, self._lane_count, tested=self._tested
            )
        except WorkerdError as error:
            raise LoadError(f"workerd does not run the Worker in {self.folder}: {error}") from error
        self._running.append(started)
        return started

    def _part(self, name: Any) -> Path:
        try:
            return find_part(name, self.folder, os.environ)
        except MissingPartError as error:
            raise LoadError(str(error)) from error


# How many isolates a workerd has.
LANES: Final = 6
_TESTED_LANES: Final = 3


def _kind(method: str, path: str) -> tuple[str, str]:
    return method, path.split("/", 2)[1]


def _stop(running: list[Isolates]) -> None:
    while running:
        running.pop().stop()


class JavaScriptWorker:
    """The Worker as it is deployed at one location; what a `Site` asks of a Worker of Python's, too."""

    def __init__(self, code: JavaScriptCode, bindings: Mapping[str, Any]) -> None:
        self.code = code
        namespaces = {name: one for name, one in bindings.items() if isinstance(one, KVNamespace)}
        databases = {name: one.service for name, one in bindings.items() if isinstance(one, D1Database)}
        objects = {name: one for name, one in bindings.items() if isinstance(one, ObjectClass)}
        self.answers = Answers(code, namespaces, databases, objects)
        emulated = {*namespaces, *databases, *objects}
        variables = {name: one for name, one in bindings.items() if name not in emulated}
        self.variables = None if variables == code.config.vars else variables
        self.background = Background(_pass)
        self.host: Host | None = None

    async def fetch(self, request: Request) -> ResponseParts:
        """Answer a request. Raises InvocationCrashed, BrokenOff, NotSequential and SystemFailed."""
        answer, error = await self._invoke(request.parts(), request.incoming_cf())
        self._report(error)
        return answer

    async def scheduled(self, controller: ScheduledController) -> None:
        """Run the scheduled handler, in a test. Raises JavaScriptError for what it throws."""
        given = {"cron": controller.cron, "scheduledTime": controller.scheduledTime}
        _, error = await self._invoke(_EVENT, {}, scheduled=given)
        if error is not None:
            raise error

    async def ring(self, class_name: str, digits: str, retry: int) -> bool:
        """Ring the alarm of a Durable Object, in a test; whether it went well."""
        objects = self.code.config.durable_objects
        binding = next(one.name for one in objects if one.class_name == class_name)
        alarm = {"binding": binding, "id": digits, "retry": retry}
        _, error = await self._invoke(_EVENT, {}, alarm=alarm)
        self._report(error)
        return error is None

    def _report(self, error: JavaScriptError | None) -> None:
        if error is not None and self.host is not None:
            self.host.on_error(error)

    async def _invoke(
        self, parts: RequestParts, cf: Mapping[str, Any], **event: Any
    ) -> tuple[ResponseParts, JavaScriptError | None]:
        actor = next((value for name, value in parts.headers if name == "cf-connecting-ip"), "")
        try:
            lane = await self.code.lane(self, actor)
            if self.host is not None:
                self.answers.set_alarm = self.host.set_alarm
            invocation = Invocation(self.code, lane, self.answers, self.variables, self.host)
            answer = await invocation.answer(parts, cf, **event)
        except BrokenOff:
            raise
        except Exception as error:
            raise SystemFailed(error) from error
        if invocation.goes_on:
            self.background.spawn(invocation)
        return answer, invocation.error


# What comes in where no request does.
_EVENT: Final = RequestParts("GET", "http://understudy/", [], b"")


def _pass(error: BaseException) -> None:
    """Not reported: as on the platform, what fails after the answer changes nothing."""
