"""What a deployment gives the Worker: its secrets and its KV namespace."""

from typing import Any, Protocol


class KV(Protocol):
    """The part of a KV namespace that this Worker uses.

    A refusal raises the platform's exception, whose ``str()`` reads ``Error: KV PUT failed: …``; a value that
    is not the JSON asked for raises one that reads ``SyntaxError: …``.
    """

    async def get(self, key: str, type: str = "text", /) -> Any: ...

    async def put(self, key: str, value: str, /, *, expirationTtl: int) -> None: ...

    async def delete(self, key: str, /) -> None: ...

    async def list(self, *, prefix: str) -> Any:
        """One page, at most 1000 keys: ``{"keys": [{"name": …, "expiration": …}], "list_complete": …}``."""
        ...


def setting(env: Any, name: str) -> str | None:
    """A variable or secret; None when it is absent, empty or not text."""
    value = getattr(env, name, None)
    return value if isinstance(value, str) and value else None


def cache(env: Any) -> KV | None:
    """The namespace bound as CACHE."""
    binding: KV | None = getattr(env, "CACHE", None)
    return binding
