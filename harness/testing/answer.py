"""What a Worker answered to a test."""

import json
from collections.abc import Iterable
from typing import Any

import httpx


class Answer:
    """``status``, ``headers`` and ``content``, in bytes; ``operations`` are those that it took."""

    def __init__(
        self, status: int, headers: Iterable[tuple[str, str]], content: bytes, operations: int = 0
    ) -> None:
        self.status = status
        self.headers = httpx.Headers(list(headers))
        self.content = content
        self.operations = operations

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises ValueError, with the body, when it is none."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise ValueError(
                f"the answer ({self.status}) is not JSON: {error}: {self.text[:200]!r}"
            ) from error

    def __repr__(self) -> str:
        return f"<Answer {self.status} {self.text[:60]!r}>"
