"""``workers.gateway``: what the ASGI and the WSGI adapter have in common."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

EncodeBody = Literal["automatic", "manual"]


@dataclass(frozen=True, kw_only=True)
class BaseOptions:
    """``encode_body`` says whether a body is still to be encoded as its Content-Encoding says.

    Nothing here encodes a body, whatever it says. Raises ValueError for another value.
    """

    encode_body: EncodeBody = "automatic"

    def __post_init__(self) -> None:
        if self.encode_body not in get_args(EncodeBody):
            raise ValueError(f"encode_body must be one of {get_args(EncodeBody)}, got {self.encode_body!r}")

    def response_init(self) -> dict[str, Any]:
        """Further members of the options of a Response."""
        return {} if self.encode_body == "automatic" else {"encodeBody": self.encode_body}
