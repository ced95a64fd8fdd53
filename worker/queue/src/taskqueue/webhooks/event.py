"""What a channel made of a payload, and how payloads are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskqueue.javascript import parse
from taskqueue.requests.reply import Refusal, text_reply


@dataclass(frozen=True, slots=True)
class Event:
    """A message in the same shape whatever channel it came by; ``id`` is also the id of its task."""

    id: str
    source: str
    type: str
    content: str
    metadata: dict[str, Any]
    requires_orchestrator: bool = True

    def members(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "content": self.content,
            "metadata": self.metadata,
            "requiresOrchestrator": self.requires_orchestrator,
        }


def read_payload(body: str, refusal: str = "Invalid JSON") -> Any:
    """``body`` as JSON.

    Raises Refusal, 400 with ``refusal`` as text, when it is not.
    """
    try:
        return parse(body)
    except ValueError:
        raise invalid(refusal) from None


def invalid(why: str, status: int = 400) -> Refusal:
    return Refusal(text_reply(why, status))


def child(value: Any, name: str) -> dict[str, Any]:
    """The member ``name`` if it is an object, else an empty one."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def words(value: Any) -> str:
    """``value`` if it is text, else nothing."""
    return value if isinstance(value, str) else ""


def present(source: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The members of ``source`` that exist, under the names given for them."""
    return {name: source[theirs] for name, theirs in names.items() if theirs in source}
