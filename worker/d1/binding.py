"""``env.DB``: what a Worker calls. It asks a service, and says what comes of it in the product's words.

Values are written as kvstore.javascript.values says. Source: workerd 1.20260426, recorded.
"""

import math
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from kvstore.javascript.json_text import in_member_order
from kvstore.javascript.values import (
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    Undefined,
    is_bigint,
    is_number,
    normalise_surrogates,
    to_string,
    trimmed,
    typed_elements,
)
from worker.d1.errors import DatabaseReset, d1_error
from worker.d1.service import (
    FIRST_PRIMARY,
    FIRST_UNCONSTRAINED,
    Answer,
    Ask,
    Endpoint,
    Format,
    Query,
    Service,
)
from worker.sdk.ffi.crossing import unwrap
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.jsobject import JsObject, PyObject, option

Result = dict[str, Any]

# What every JavaScript object has, and so every row: `first` finds it.
_INHERITED: Final = frozenset(
    (
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
    )
)


class D1Database(JsObject):
    """The binding: statements of no session, which the primary answers."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._primary = _Session(service, FIRST_PRIMARY)

    def prepare(self, query: Any = UNDEFINED, *_: Any) -> "D1PreparedStatement":
        return D1PreparedStatement(self._primary, query)

    async def batch(self, statements: Any = UNDEFINED, *_: Any) -> list[Result]:
        """All in one transaction: their results in order, or the error of the first that fails."""
        return await self._primary.batch(statements)

    async def exec(self, query: Any = UNDEFINED, *_: Any) -> Result:
        """Every line of a text as a statement, all in one transaction: ``{count, duration}``."""
        lines = trimmed(_text(query, "trim")).split("\n")
        answer = await self._primary.send("execute", [Query(line) for line in lines], "NONE")
        results = answer if isinstance(answer, list) else [answer]
        for number, (line, result) in enumerate(zip(lines, results, strict=False), 1):
            if not result["success"]:
                raise d1_error("D1_EXEC_ERROR", f"Error in line {number}: {line}: {result['error']}")
        return {"count": len(results), "duration": sum(_meta(result)["duration"] for result in results)}

    def withSession(self, constraint: Any = UNDEFINED, *_: Any) -> "D1DatabaseSession":
        """A session that begins at ``first-primary``, ``first-unconstrained``, or a bookmark."""
        given = "" if constraint is None or constraint is UNDEFINED else trimmed(_text(constraint, "trim"))
        return D1DatabaseSession(self.service, given or FIRST_UNCONSTRAINED)

    async def dump(self, *_: Any) -> ArrayBuffer:
        answer = await self._primary.ask(Ask("dump", []))
        if answer.status == 200:
            return ArrayBuffer(answer.body)
        raise d1_error("D1_DUMP_ERROR", f"Status + {answer.status}", f"Status {answer.status}")


class D1DatabaseSession(JsObject):
    """Calls that see what those before them saw, whichever replica answers."""

    def __init__(self, service: Service, token: str) -> None:
        self._session = _Session(service, token, follows=True)

    def prepare(self, query: Any = UNDEFINED, *_: Any) -> "D1PreparedStatement":
        return D1PreparedStatement(self._session, query)

    async def batch(self, statements: Any = UNDEFINED, *_: Any) -> list[Result]:
        return await self._session.batch(statements)

    def getBookmark(self, *_: Any) -> str | None:
        """The newest that an answer brought; None before."""
        return self._session.bookmark


class D1PreparedStatement(JsObject):
    """A text of SQL and its values; nothing is sent before a method asks for rows."""

    def __init__(self, session: "_Session", statement: Any, params: Sequence[Any] = ()) -> None:
        self._session = session
        self.statement = statement
        self.params = params

    def bind(self, *values: Any) -> "D1PreparedStatement":
        """Another statement with these values. Raises JsException for one that has no form in SQL."""
        params = [one if type(one) is str and one.isascii() else _parameter(one) for one in values]
        return D1PreparedStatement(self._session, self.statement, params)

    async def first(self, column: Any = UNDEFINED, *_: Any) -> Any:
        """The first row, or its value in ``column``; None without rows. All rows are read."""
        rows = _objects(await self._read())["results"]
        if not rows:
            return None
        return rows[0] if column is UNDEFINED else _member(rows[0], to_string(column))

    async def all(self, *_: Any) -> Result:
        """``{success, meta, results}`` with an object for each row."""
        return _objects(await self._read())

    async def raw(self, options: Any = UNDEFINED, *_: Any) -> list[Any]:
        """Every row as an array; with ``columnNames`` the names come first."""
        results = (await self._read()).get("results", {"columns": [], "rows": []})
        named = _is_true(option(options, "columnNames"))
        if isinstance(results, list):
            names = [list(results[0])] if named and results else []
            return [*names, *(list(row.values()) for row in results)]
        return [*([results["columns"]] if named else []), *results["rows"]]

    async def run(self, *_: Any) -> Result:
        """As `all`."""
        return await self._one("execute", "NONE")

    async def _read(self) -> Result:
        return await self._one("query", "ROWS_AND_COLUMNS")

    async def _one(self, endpoint: Endpoint, form: Format) -> Result:
        if isinstance(self.statement, list):  # taken for a batch, whose first result counts
            values = [*self.params, *[None] * len(self.statement)]
            queries = [Query(text, one) for text, one in zip(self.statement, values, strict=False)]
        else:
            queries = [Query(self.statement, self.params)]
        result = (await self._session.results(endpoint, queries, form))[0]
        _meta(result)
        return result


class _Session:
    """What one call after another is asked with: a constraint at first, then the newest bookmark."""

    def __init__(self, service: Service, token: str, *, follows: bool = False) -> None:
        self._service = service
        self._token = token
        self._follows = follows

    @property
    def bookmark(self) -> str | None:
        return None if self._token in (FIRST_PRIMARY, FIRST_UNCONSTRAINED) else self._token

    async def batch(self, statements: Any) -> list[Result]:
        if isinstance(statements, PyObject) and isinstance(statements.js_unwrap(), list | tuple):
            statements = [*map(unwrap, statements.js_unwrap())]  # Pyodide lends it JavaScript's map
        if not isinstance(statements, list | tuple):
            _no_method(statements, "map")
        queries = [*map(_query, statements)]
        return [_objects(result) for result in await self.results("query", queries, "ROWS_AND_COLUMNS")]

    async def results(self, endpoint: Endpoint, queries: list[Query], form: Format) -> list[Result]:
        """Raises JsException for an error, of the first that the answer has."""
        answer = await self.send(endpoint, queries, form)
        results = answer if isinstance(answer, list) else [answer]
        if not results:
            raise type_error("Cannot read properties of undefined (reading 'success')")
        if not results[0]["success"]:
            raise d1_error("D1_ERROR", results[0]["error"])
        return results

    async def send(self, endpoint: Endpoint, queries: list[Query], form: Format) -> Any:
        """The result, or the list of results, in the binding's form. Raises JsException."""
        answer = await self.ask(Ask(endpoint, queries, form, self._token))
        if isinstance(answer.body, bytes):
            text = answer.body.decode("utf-8", "replace")
            raise d1_error("D1_ERROR", f"Failed to parse body as JSON, got: {text}")
        return [*map(_mapped, answer.body)] if isinstance(answer.body, list) else _mapped(answer.body)

    async def ask(self, ask: Ask) -> Answer:
        try:
            answer = await self._service(ask)
        except DatabaseReset as error:
            raise JsException("Error", str(error)) from None
        if self._follows and answer.bookmark and (self.bookmark or "") < answer.bookmark:
            self._token = answer.bookmark
        return answer


def _parameter(value: Any) -> Any:
    """A value as its JSON says it: numbers that JSON does not have are null, and -0 is 0."""
    if isinstance(value, str):
        return value if value.isascii() else normalise_surrogates(value)
    if isinstance(value, bool):
        return int(value)
    if value is None or is_number(value):
        return _json_value(value)
    if isinstance(value, list | tuple) and all(is_number(one) and 0 <= one < 256 for one in value):
        return list(value)
    elements = list(value) if isinstance(value, ArrayBuffer) else typed_elements(value)
    if elements is not None:
        return elements
    raise d1_error("D1_TYPE_ERROR", f"Type '{_type_of(value)}' not supported for value '{to_string(value)}'")


def _type_of(value: Any) -> str:
    if isinstance(value, Undefined):
        return "undefined"
    if is_bigint(value):
        return "bigint"
    return "function" if callable(value) and not isinstance(value, JsObject) else "object"


def _query(member: Any) -> Query:
    """What a batch sends for one of its members, which can be anything."""
    if isinstance(member, D1PreparedStatement):
        return tuple.__new__(Query, (member.statement, member.params))  # half of what Query() takes
    return Query(_property(member, "statement"), _json_value(_property(member, "params")))


def _json_value(value: Any) -> Any:
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None
    if isinstance(value, list):
        return [*map(_json_value, value)]
    if isinstance(value, BigInt):
        raise type_error("Do not know how to serialize a BigInt")
    return None if value is UNDEFINED else value


def _mapped(result: Any) -> Result:
    """A result as the binding gives it: only its ``error`` tells whether it is one."""
    if result.get("error"):
        return {"success": False, "error": result["error"]}
    mapped = {"success": True, "meta": result.get("meta", UNDEFINED)}
    if "results" in result:
        mapped["results"] = result["results"]
    return mapped


def _meta(result: Result) -> dict[str, Any]:
    meta = result["meta"]
    if isinstance(meta, Undefined):
        raise type_error("Cannot read properties of undefined (reading 'size_after')")
    known: dict[str, Any] = meta
    return known


def _objects(result: Result) -> Result:
    """The result, whose rows become objects."""
    results = result.get("results")
    if isinstance(results, dict):
        result["results"] = _with_names(results["columns"], results["rows"]) if results["rows"] else []
    elif results is None:
        result["results"] = []
    return result


def _with_names(columns: list[str], rows: list[list[Any]]) -> list[dict[str, Any]]:
    named = [dict(zip(columns, row, strict=False)) for row in rows]
    return [*map(in_member_order, named)] if any(map(str.isdigit, columns)) else named


def _member(row: dict[str, Any], name: str) -> Any:
    if name in row:
        return row[name]
    if name in _INHERITED:
        return lambda *_: UNDEFINED
    if name == "__proto__":
        return {}
    raise d1_error("D1_COLUMN_NOTFOUND", f"Column not found ({name})", "Column not found")


def _property(value: Any, name: str) -> Any:
    if value is None or value is UNDEFINED:
        raise type_error(f"Cannot read properties of {to_string(value)} (reading '{name}')")
    if isinstance(value, dict):
        return value.get(name, UNDEFINED)
    return UNDEFINED


def _text(value: Any, method: str) -> str:
    return value if isinstance(value, str) else _no_method(value, method)


def _no_method(value: Any, name: str) -> NoReturn:
    if value is None or value is UNDEFINED:
        raise type_error(f"Cannot read properties of {to_string(value)} (reading '{name}')")
    raise type_error(f"{name} is not a function")


def _is_true(value: Any) -> bool:
    """Whether JavaScript takes a value for true."""
    return (value == value and bool(value)) or isinstance(value, list | dict)
