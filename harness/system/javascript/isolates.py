"""A workerd whose isolates stand still whenever they wait for us: they compute while we wait for them.

Each lane is a service of its own with the same Worker: an isolate, a socket for requests, and services for
its KV, D1, timers and fetches, each of which asks at a socket of its own. What is asked is held until it is
answered. `Lane.settle` gives an isolate the processor until it waits for us.
"""

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from harness.system.javascript.configuration import Bundle, asking, configuration, main_module
from harness.system.javascript.lane import Lane
from harness.system.javascript.object_lane import ObjectLane
from harness.system.javascript.process import Process
from worker.config import WorkerConfig
from worker.javascript import D1, DATE, VALUES

_HERE: Final = Path(__file__).parent
_MODULES: Final = ("prelude", "entry", "objects", "hosted")
# Every commit of a Durable Object is written through to the disk, which takes ten times as long as all else.
_MEMORY: Final = Path("/dev/shm")
# For so many simulations a workerd serves.
_MOST_GENERATIONS: Final = 1000


class Isolates:
    """A running workerd with the Worker in ``bundle``, as ``config`` binds it. Raises WorkerdError.

    ``generations`` is for how many simulations it serves. ``objects`` is the lane that has the Worker's
    Durable Objects, None where it has none; those of a Worker that is ``tested`` are in its own lane.
    """

    def __init__(
        self, program: Path, config: WorkerConfig, bundle: Bundle, lanes: int, *, tested: bool
    ) -> None:
        self.generations = _MOST_GENERATIONS if bundle.is_function else 1
        has_objects = bool(config.durable_objects) and not tested
        self.folder = Path(tempfile.mkdtemp(prefix="understudy-", dir=_memory() if has_objects else None))
        addresses = [self.folder / f"lane-{number}" for number in range(lanes + has_objects)]
        self.lanes = [Lane(address, self.said) for address in addresses[:lanes]]
        self.objects = ObjectLane(addresses[lanes], self.said) if has_objects else None
        every = self.lanes if self.objects is None else [*self.lanes, self.objects]
        try:
            for number, lane in enumerate(every):
                for one in asking(config, number, hosts=lane is self.objects):
                    lane.listen(self.folder / one.socket, partial(lane.hold, one.binding, one.event or 0))
            for module in (*(_HERE / f"{name}.mjs" for name in _MODULES), DATE, D1, VALUES):
                shutil.copyfile(module, self.folder / module.name)
            (self.folder / "main.mjs").write_text(main_module(config, tested=tested))
            bundle.write(self.folder)
            text = configuration(self.folder, config, bundle, lanes, tested=tested)
            (self.folder / "config.capnp").write_text(text)
            self._process = Process(program, self.folder, len(every))
        except BaseException:
            self.stop()
            raise

    @property
    def generation(self) -> int:
        """In how many simulations it has been."""
        return self.lanes[0].generation

    def renew(self) -> bool:
        """A new simulation begins; whether it can be in that, too."""
        every: list[Lane] = self.lanes if self.objects is None else [*self.lanes, self.objects]
        for lane in every:
            lane.generation += 1
            # What the last simulation left unfinished waits for ever.
            lane.is_poisoned, lane.is_busy = lane.is_poisoned or lane.is_busy, False
        if self.objects is not None and self.objects.is_poisoned:
            return False
        poisoned = sum(lane.is_poisoned for lane in self.lanes)
        return self.generation < self.generations and 2 * poisoned <= len(self.lanes)

    def said(self) -> str:
        """What workerd printed."""
        return self._process.said()

    def stop(self) -> None:
        """End workerd, and leave nothing of it."""
        for lane in self.lanes if self.objects is None else [*self.lanes, self.objects]:
            lane.close_all()
        if hasattr(self, "_process"):
            self._process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _memory() -> Path | None:
    """A folder in memory, where the system has one."""
    return _MEMORY if os.access(_MEMORY, os.W_OK) else None
