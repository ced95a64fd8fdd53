"""The protocol of uvicorn's that writes status texts, with bounds; only what speaks to workerd needs it."""

from typing import Any, Literal

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from worker.serving.protocol import Bounded, Bounds


class BoundedH11(Bounded, H11Protocol):  # type: ignore[misc]
    """For answers whose status text matters: h11 lets them be written."""

    def __init__(self, *arguments: Any, bounds: Bounds | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.bounds = bounds or self.bounds
        self.conn = self.connection()

    def connection(self) -> h11.Connection:
        """What parses and writes; a head that is longer than the bound is an error with the hint 431."""
        return h11.Connection(h11.SERVER, self.bounds.head)

    @property
    def receiving(self) -> Literal["", "head", "body"]:
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        return "head" if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0] else ""
