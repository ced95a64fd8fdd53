"""The mock of the guide's unit test: a namespace whose reads answer what they were told to, in order."""

from typing import Any


class MockedKV:
    """``reads`` are the answers of `get` in order, None after the last; ``puts`` are what was put."""

    def __init__(self, *reads: Any) -> None:
        self._reads = list(reads)
        self.puts: list[tuple[str, Any, dict[str, Any]]] = []

    async def get(self, key: Any, type: str = "text", /) -> Any:
        return self._reads.pop(0) if self._reads else None

    async def getWithMetadata(self, key: str, type: str = "text", /) -> Any:
        return {"value": await self.get(key, type), "metadata": None}

    async def put(self, key: str, value: Any, /, **options: Any) -> None:
        self.puts.append((key, value, options))

    async def delete(self, key: str, /) -> None:
        """As a mock of a function that was told nothing: answers nothing."""

    async def list(self, **options: Any) -> Any:
        """The same."""
