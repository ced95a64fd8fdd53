"""A state machine of Hypothesis around a Worker: rules ask it, invariants look at its keys."""

import inspect
from pathlib import Path
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from harness.testing.client import Client
from harness.testing.deployed import Deployed, Options
from harness.testing.keys import Namespaces
from harness.testing.time import TestClock


class WorkerMachine(RuleBasedStateMachine):
    """Every run has a fresh Worker: ``self.worker``, ``self.kv``, ``self.clock`` and ``self.outbound``.

    ``path`` is the folder of its configuration, seen from the file of the class; ``options`` are the others
    of `Options`, such as ``{"conditions": "production"}``. A run that fails prints the requests that it sent.
    """

    path: ClassVar[str | Path] = "."
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        beside = Path(inspect.getfile(type(self))).parent
        self._deployed = Deployed(Options(beside / self.path, **self.options))
        self.worker = Client(self._deployed)
        self.kv = Namespaces(self._deployed.keys)
        self.clock = TestClock(self._deployed)
        self.outbound = self._deployed.outbound

    def teardown(self) -> None:
        """Nothing of the run is kept."""
        self._deployed.close()
