"""Python's own sources of time and chance, each of which asks the platform of whoever runs.

On the platform these are the runtime's to give: workerd answers Date.now and getRandomValues itself, and so
whatever a Worker imports follows, be it written in Python or in C. Here the functions of ``time``, ``os`` and
``random``, and ``datetime.now``, are replaced once for the process. Outside a Worker, and in one that has the
machine's time and chance, they are what they were; in any other they ask its Platform, also where they are
called by a module that somebody else imported first.
"""

import gc
import importlib
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from ctypes import py_object, pythonapi
from datetime import UTC, datetime, tzinfo
from types import ModuleType
from typing import Any, Final

from kvstore.entropy import Entropy
from worker.runtime.callers import SPACE, is_standard, nearest
from worker.sdk.surroundings import surroundings

_NO_CHANCE: Final = (
    "Randomness is not allowed while a Worker is starting because startup values will be repeated across "
    "Worker instances, making them predictable. If this error occurs from importing a package, import the "
    "package from a function to load it after the Worker starts."
)
_EIO: Final = 29  # as Emscripten counts, and so the platform


def install() -> None:
    """Put them in place. Called by whoever is about to load a Worker; calling it again changes nothing."""
    if not isinstance(random._inst, _SharedGenerator):
        looking = _time_machine()
        replaced = [*_install_time(), *_install_now(), *_install_bytes()]
        _install_generators()
        if looking is not None:
            _let_see(looking, replaced)


# Whose member it is, its name, what it was, and what it is now.
Replaced = tuple[dict[str, Any], str, Any, Any]


def _replace(module: ModuleType, name: str, asked: Callable[..., Any]) -> Replaced:
    """It stays no method of a class that has it as a member (``converter = time.gmtime``), as it was none."""
    machine = getattr(module, name)
    asked.__name__ = asked.__qualname__ = name
    asked.__module__, asked.__doc__ = module.__name__, machine.__doc__
    setattr(module, name, staticmethod(asked))
    return vars(module), name, machine, vars(module)[name]


def _install_time() -> Iterator[Replaced]:
    for name, of in _OF_MILLISECONDS.items():
        yield _replace(time, name, _wall(getattr(time, name), of))
    for name in ("monotonic", "perf_counter"):
        nanoseconds = f"{name}_ns"
        yield _replace(time, name, _stopwatch(getattr(time, name), _OF_MILLISECONDS["time"]))
        yield _replace(time, nanoseconds, _stopwatch(getattr(time, nanoseconds), _OF_MILLISECONDS["time_ns"]))
    for name in ("gmtime", "localtime", "ctime"):
        yield _replace(time, name, _broken_down(getattr(time, name)))
    yield _replace(time, "asctime", _formatted(time.asctime, 1))
    yield _replace(time, "strftime", _formatted(time.strftime, 2))


_OF_MILLISECONDS: Final[dict[str, Callable[[int], float]]] = {
    "time": lambda milliseconds: milliseconds / 1000,
    "time_ns": lambda milliseconds: milliseconds * 1_000_000,
}


def _wall(machine: Callable[[], float], of: Callable[[int], float]) -> Callable[[], float]:
    def asked() -> float:
        platform = surroundings().platform
        return machine() if platform.is_the_machine else of(platform.clock.now_ms())

    return asked


def _stopwatch(machine: Callable[[], float], of: Callable[[int], float]) -> Callable[[], float]:
    """The machine's for the standard library: an event loop waits by it."""

    def asked() -> float:
        platform = surroundings().platform
        if platform.is_the_machine or is_standard(sys._getframe(1)):
            return machine()
        return of(platform.clock.now_ms())

    return asked


def _broken_down(machine: Callable[[float], Any]) -> Callable[..., Any]:
    return lambda seconds=None, /: machine(time.time() if seconds is None else seconds)


def _formatted(machine: Callable[..., str], most: int) -> Callable[..., str]:
    return lambda *given: machine(*given) if len(given) == most else machine(*given, time.localtime())


def _install_now() -> Iterator[Replaced]:
    """``datetime.now`` and ``utcnow`` read the machine's clock by themselves.

    The class stays the one that everybody has, since Pydantic and others tell a date by its class. Its
    members are set where Python keeps them: a class written in C has no other door.
    """
    members = gc.get_referents(vars(datetime))[0]
    machine_now, machine_utcnow = members["now"], members["utcnow"]

    def now(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
        platform = surroundings().platform
        if platform.is_the_machine:
            found: datetime = machine_now.__get__(None, cls)(tz)
            return found
        return cls.fromtimestamp(platform.clock.now_ms() / 1000, tz)

    def utcnow(cls: type[datetime]) -> datetime:
        platform = surroundings().platform
        if platform.is_the_machine:
            found: datetime = machine_utcnow.__get__(None, cls)()
            return found
        return cls.fromtimestamp(platform.clock.now_ms() / 1000, UTC).replace(tzinfo=None)

    members["now"], members["utcnow"] = classmethod(now), classmethod(utcnow)
    pythonapi.PyType_Modified(py_object(datetime))
    yield members, "now", machine_now, members["now"]
    yield members, "utcnow", machine_utcnow, members["utcnow"]


def _time_machine() -> ModuleType | None:
    """The part of the package time-machine that is written in C, where that is installed.

    It looks for what C has put in these places, when it is imported and whenever it travels, and would take
    anything else for it.
    """
    try:
        return importlib.import_module("_time_machine")
    except ImportError:
        return None


def _let_see(looking: ModuleType, replaced: list[Replaced]) -> None:
    """Have it find what it looks for."""

    def among_the_machines_own(function: Callable[[], None]) -> Callable[[], None]:
        def called() -> None:
            for members, name, machine, _ in replaced:
                members[name] = machine
            pythonapi.PyType_Modified(py_object(datetime))
            try:
                function()
            finally:
                for members, name, _, ours in replaced:
                    members[name] = ours
                pythonapi.PyType_Modified(py_object(datetime))

        return called

    for name in ("patch", "unpatch", "patch_if_needed"):
        if hasattr(looking, name):
            setattr(looking, name, among_the_machines_own(getattr(looking, name)))


def _entropy() -> Entropy | None:
    """The chance of what runs now, None for this machine's.

    Raises OSError while a Worker's own module is imported, with the platform's text.
    """
    now = surroundings()
    starting = now.environment is not None and now.invocation is None
    if starting and "entropy" not in now.platform.allowed:
        asking = nearest(sys._getframe(2))
        space = None if asking is None else asking.f_builtins.get(SPACE)
        if asking is not None and space is not None and space.has(asking.f_code.co_filename):
            raise OSError(_EIO, _NO_CHANCE)
    return None if now.platform.is_the_machine else now.platform.entropy


def _install_bytes() -> Iterator[Replaced]:
    machine, machine_uuid1 = os.urandom, uuid.uuid1

    def urandom(size: int, *_: Any) -> bytes:
        entropy = _entropy()
        return machine(size) if entropy is None else entropy.token(size)

    def uuid1(node: int | None = None, clock_seq: int | None = None) -> uuid.UUID:
        entropy = _entropy()
        if entropy is None:
            return machine_uuid1(node, clock_seq)
        moment = time.time_ns() // 100 + 0x01B21DD213814000  # since 1582, in units of 100 ns
        turn = entropy.below(1 << 14) if clock_seq is None else clock_seq
        where = entropy.below(1 << 48) if node is None else node
        high = moment >> 48 & 0x0FFF
        fields = (moment & 0xFFFFFFFF, moment >> 32 & 0xFFFF, high, turn >> 8 & 0x3F, turn & 0xFF, where)
        return uuid.UUID(fields=fields, version=1)

    yield _replace(os, "urandom", urandom)
    yield _replace(uuid, "uuid1", uuid1)


# The generator that ``random.seed(…)`` of a simulated Worker made, for what it does from then on.
_seeded: ContextVar[random.Random | None] = ContextVar("seeded", default=None)


class _SharedGenerator(random.Random):
    """The generator behind ``random.random`` and its like."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        if _entropy() is None:
            super().seed(a, version)
        else:
            generator = None
            if a is not None:
                generator = random.Random()
                generator.seed(a, version)
            _seeded.set(generator)

    def random(self) -> float:
        entropy = _entropy()
        if entropy is None:
            return super().random()
        seeded = _seeded.get()
        return entropy.below(1 << 53) / (1 << 53) if seeded is None else seeded.random()

    def getrandbits(self, bits: int, /) -> int:
        entropy = _entropy()
        if entropy is None:
            return super().getrandbits(bits)
        seeded = _seeded.get()
        return entropy.below(1 << bits) if seeded is None else seeded.getrandbits(bits)

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        if _entropy() is not None:
            self.gauss_next = None  # what another drew beside is not this one's
        return super().gauss(mu, sigma)


def _install_generators() -> None:
    shared: Any = random._inst
    shared.__class__ = _SharedGenerator
    for name in ("random", "getrandbits", "seed", "gauss"):
        setattr(random, name, getattr(shared, name))
    machine_seed, machine = random.Random.seed, random.SystemRandom
    machine_bits, machine_random, machine_bytes = machine.getrandbits, machine.random, machine.randbytes

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None and (entropy := _entropy()) is not None:
            a = entropy.token(16)
        machine_seed(self, a, version)

    def getrandbits(self: random.SystemRandom, k: int) -> int:
        entropy = _entropy()
        return machine_bits(self, k) if entropy is None else entropy.below(1 << k)

    def unit(self: random.SystemRandom) -> float:
        entropy = _entropy()
        return machine_random(self) if entropy is None else entropy.below(1 << 53) / (1 << 53)

    def randbytes(self: random.SystemRandom, n: int) -> bytes:
        entropy = _entropy()
        return machine_bytes(self, n) if entropy is None else entropy.token(n)

    random.Random.seed = seed  # type: ignore[method-assign]
    for name, method in {"getrandbits": getrandbits, "random": unit, "randbytes": randbytes}.items():
        setattr(machine, name, method)
