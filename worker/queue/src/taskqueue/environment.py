"""What a deployment gives the Worker: its secrets and its KV namespace."""

from typing import Any, Protocol


class KV(Protocol):
    """The part of a KV namespace that this Worker uses.

    A refusal raises the platform's exception, whose ``str()`` reads ``Error: KV PUT failed: …``; a value that
    is not the JSON asked for raises one that reads ``SyntaxError: …``.
    """

    async def get(self, key: Any, type: str = "text", /) -> Any:
        """One value, None without one; for a list of up to 100 keys a dict of them, in one operation."""
        ...

    async def getWithMetadata(self, key: str, type: str = "text", /) -> Any:
        """``{"value": …, "metadata": …}``."""
        ...

    async def put(self, key: str, value: Any, /, **options: Any) -> None:
        """Options: ``expirationTtl`` or ``expiration`` (seconds, 60 ahead at least), ``metadata``."""
        ...

    async def delete(self, key: str, /) -> None: ...

    async def list(self, **options: Any) -> Any:
        """One page, at most 1000 keys: ``{"keys": [{"name": …, "expiration": …}], "list_complete": …}``.

        Options: ``prefix``, ``limit``, and the ``cursor`` of the page before.
        """
        ...


def setting(env: Any, name: str) -> str | None:
    """A variable or secret; None when it is absent, empty or not text."""
    value = getattr(env, name, None)
    return value if isinstance(value, str) and value else None


def cache(env: Any) -> KV | None:
    """The namespace bound as CACHE."""
    binding: KV | None = getattr(env, "CACHE", None)
    return binding
