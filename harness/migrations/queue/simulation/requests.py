"""The requests that a scenario can send at once, to see what comes of every order of their operations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

# Who held a task before the simulation began, as `population` has it, and which task that is.
_HOLDER, _HELD = "worker-before", "slack_000"


@dataclass(frozen=True, slots=True)
class Kind:
    """What somebody sends; ``sender`` says what they are, ``body`` takes their name."""

    sender: str
    method: str
    path: str
    body: Callable[[str], Any] = lambda name: None


def _task(step: str, body: Callable[[str], Any]) -> Kind:
    return Kind("daemon", "POST", f"/api/queue/{_HELD}/{step}", body)


KINDS: Final[dict[str, Kind]] = {
    "claim": Kind(
        "daemon", "POST", "/api/queue/claim", lambda name: {"workerId": name, "leaseDurationSec": 300}
    ),
    "renew": _task("renew", lambda name: {"workerId": _HOLDER, "extendSec": 300}),
    "release": _task("release", lambda name: {"workerId": _HOLDER, "reason": "cannot do this"}),
    "status": _task("status", lambda name: {"status": "processing"}),
    "complete": Kind(
        "daemon", "POST", f"/api/result/{_HELD}", lambda name: {"success": True, "output": f"done by {name}"}
    ),
    "list": Kind("daemon", "GET", "/api/queue"),
    "enqueue": Kind(
        "producer",
        "POST",
        "/webhook/slack",
        lambda name: {
            "event": {"text": f"work of {name}", "user": "U1", "ts": name.replace("producer-", "1.")}
        },
    ),
    "run": Kind("operator", "POST", "/api/migrate/run"),
    "rollback": Kind("operator", "POST", "/api/migrate/rollback"),
}
