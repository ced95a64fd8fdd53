"""What simulations share: a Worker's code. Time and chance come from the one that runs."""

from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from functools import cached_property
from pathlib import Path

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock
from harness.engine.under_way import asking
from harness.system.files import PYTHON, source_files
from kvstore.layers.layer import Within
from worker.config import config_in, load_config
from worker.runtime import LoadError, Platform, Worker, load_worker


class WorkerCode:
    """The Worker's Platform: the clock of the simulation that runs, off by the skew of the location.

    ``folder`` is the Worker's, ``environment`` which of its configuration is meant; ``texts`` are read in
    the place of what is in its files. ``without`` are bindings that it does not get. ``operations`` are
    the KV operations of all simulations so far.
    """

    effort = 1

    def __init__(
        self,
        folder: Path,
        texts: Mapping[Path, str] | None = None,
        environment: str | None = None,
        without: Collection[str] = (),
    ) -> None:
        self.folder = folder
        self.environment = environment
        self.texts = texts
        self.without = without
        self.clock: LoopClock | None = None
        self.chance = Chance(0)
        self.operations = 0
        # How far the clock of the location is ahead, in milliseconds.
        self.skew: ContextVar[int] = ContextVar("skew", default=0)

    @cached_property
    def code(self) -> Worker:
        """The Worker without bindings."""
        with asking(f"the import of {self.folder}"):
            platform = Platform(self, self)
            return load_worker(self.folder, {}, self.environment, platform, self.texts, self.without)

    @cached_property
    def variables(self) -> Mapping[str, object]:
        """The variables of the Worker's configuration. Raises ConfigError."""
        path = config_in(self.folder)
        return {} if path is None else load_config(path, self.environment).vars

    @property
    def sources(self) -> Sequence[Path]:
        """Every Python file beside the entry file, and below. Raises ConfigError."""
        path = config_in(self.folder)
        entry = None if path is None else load_config(path, self.environment).entry
        return [] if entry is None else source_files(entry.resolve().parent, PYTHON)

    def durable_class(self, name: str) -> type:
        """The Worker's class of Durable Objects of that name. Raises LoadError when it has none."""
        found = getattr(self.code.module, name, None)
        if not isinstance(found, type):
            raise LoadError(
                f"the Worker in {self.folder} has no class {name}: a Worker must export the classes of the "
                "Durable Objects that it binds"
            )
        return found

    def running_objects(self, bindings: Mapping[str, object]) -> None:
        """They run in this process."""

    def close(self) -> None:
        """Take its modules out of ``sys.modules``."""
        self.code.space.forget()

    def enter(self, clock: LoopClock, seed: int, *, once: bool = True) -> None:
        """A new simulation begins."""
        self.clock, self.chance = clock, Chance(seed, "worker")

    def renew(self) -> bool:
        """The Worker runs in this process."""
        return False

    def at(self, skew: int) -> Within[int]:
        """While the block lasts, the Worker's clock is ``skew`` milliseconds ahead."""
        return Within(self.skew, skew)

    def now_ms(self) -> int:
        """Before any simulation has begun, while the Worker is imported, it is the epoch, as in workerd."""
        return 0 if self.clock is None else self.clock.now_ms() + self.skew.get()

    async def sleep(self, seconds: float) -> None:
        assert self.clock is not None, "no simulation is running"
        await self.clock.sleep(seconds)

    def token(self, size: int) -> bytes:
        return self.chance.token(size)

    def below(self, limit: int) -> int:
        return self.chance.below(limit)
