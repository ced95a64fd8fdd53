"""Request bodies: read as JSON and checked field by field, with the texts of the zod library.

Every fault is reported, in the order of the schema; fields that the schema does not name are dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from workers import Request

from taskqueue.javascript import parse
from taskqueue.requests.reply import bad_request


class Field(Protocol):
    """One member of a body."""

    @property
    def required(self) -> bool: ...

    def faults(self, value: Any) -> list[str]:
        """What is wrong with a value that is there; nothing if it will do."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A string; with ``empty``, the text that refuses an empty one."""

    required: bool = False
    empty: str | None = None

    def faults(self, value: Any) -> list[str]:
        if not isinstance(value, str):
            return [f"Expected string, received {type_name(value)}"]
        return [self.empty] if self.empty is not None and not value else []


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from ``least`` to ``most``."""

    least: int
    most: int
    required: bool = False

    def faults(self, value: Any) -> list[str]:
        if type_name(value) != "number":
            return [f"Expected number, received {type_name(value)}"]
        found = [] if isinstance(value, int) else ["Expected integer, received float"]
        if value < self.least:
            found.append(f"Number must be greater than or equal to {self.least}")
        if value > self.most:
            found.append(f"Number must be less than or equal to {self.most}")
        return found


Schema = Mapping[str, Field]

_TYPE_NAMES: Final = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}


def type_name(value: Any) -> str:
    """The type of a parsed JSON value in zod's words."""
    return _TYPE_NAMES[type(value)]


async def read_json(request: Request) -> Any:
    """The body as JSON.

    Raises Refusal when it is not.
    """
    try:
        return parse(await request.text())
    except ValueError:
        raise bad_request("Invalid JSON in request body") from None


async def read_body(request: Request, schema: Schema) -> dict[str, Any]:
    """The body's members that ``schema`` names and the client sent.

    Raises Refusal for a body that is not JSON, and with one detail per fault for one that does not fit.
    """
    body = await read_json(request)
    faults = _faults(body, schema)
    if faults:
        raise bad_request("Validation failed", faults)
    return {name: body[name] for name in schema if name in body}


def _faults(body: Any, schema: Schema) -> list[str]:
    if not isinstance(body, dict):
        return [f"Expected object, received {type_name(body)}"]
    found = []
    for name, field in schema.items():
        if name in body:
            found += [f"{name}: {fault}" for fault in field.faults(body[name])]
        elif field.required:
            found.append(f"{name}: Required")
    return found
