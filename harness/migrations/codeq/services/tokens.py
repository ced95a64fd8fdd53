"""The tokens that codeQ is tried with, from a file: none is on a command line or in a report."""

import base64
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.migrations.redis.keyspace.errors import Refused
from kvstore.javascript.json_document import read_json
from worker.codeq.auth.gate import EVERY_EVENT

PROBE = "UNDERSTUDY_PROBE"  # the command of the sample task, so that it takes no migrated work


@dataclass(frozen=True)
class Tokens:
    """``producer``, ``worker`` and ``admin`` are for codeQ. The others are for trying what must be refused:

    ``legacy`` is an idToken of the old service, ``unscoped`` a worker's without codeq:claim, ``foreign`` a
    worker's for events of its own; what is empty is not tried.
    """

    producer: str
    worker: str
    admin: str
    legacy: str = ""
    unscoped: str = ""
    foreign: str = ""

    @property
    def command(self) -> str:
        """What the sample task is ordered as: a command of its own, or the worker's first if it may not."""
        events = _claims(self.worker).get("eventTypes")
        known = [str(one) for one in events] if isinstance(events, list) else []
        return PROBE if not known or PROBE in known or EVERY_EVENT in known else known[0]

    @property
    def untried(self) -> list[str]:
        """The refusals that cannot be tried, having no token for them."""
        return [one.name for one in fields(self) if not getattr(self, one.name)]

    @property
    def shares(self) -> bool:
        """Whether the sample task has to go into a queue that may hold migrated work."""
        return self.command != PROBE


def read_tokens(path: Path) -> Tokens:
    """Tokens from a JSON object. Raises Refused naming what is missing or too much."""
    names = [one.name for one in fields(Tokens)]
    try:
        given = read_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused([f"cannot read the tokens: {error}"]) from error
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise Refused([f"{path} must be a JSON object of texts: {', '.join(names)}"])
    if wrong := [name for name, one in given.items() if not (one.isascii() and one.isprintable())]:
        raise Refused([f"{path}: {wrong[0]!r} is not a valid token: a header takes printable ASCII only"])
    missing = [name for name in names[:3] if not given.get(name)]
    unknown = sorted(given.keys() - set(names))
    if missing or unknown:
        what = f"no token for {', '.join(missing)}" if missing else f"unknown: {', '.join(unknown)}"
        raise Refused([f"{path}: {what}; there are {', '.join(names)}"])
    return Tokens(**given)


def _claims(token: str) -> dict[str, Any]:
    """What a token says of itself, unchecked; nothing if it is no JWT."""
    try:
        middle = token.split(".")[1]
        claims = read_json(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)).decode())
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
