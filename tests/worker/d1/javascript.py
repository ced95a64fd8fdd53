"""Recorded steps as a JavaScript Worker that plays them on its own bindings."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.worker.d1.recordings import Case

_PLAYER: Final = Path(__file__).parent / "player.mjs"
_METHODS: Final = ("first", "all", "run", "raw", "none")


def worker(cases: Sequence[Case]) -> str:
    """The module of a Worker that plays the case that is named in the body of a request."""
    written = ",\n".join(
        f"{json.dumps(case.id)}: () => [{','.join(map(_step, case.steps))}]" for case in cases
    )
    return f"const CASES = {{{written}}};\n{_PLAYER.read_text()}"


def _step(step: dict[str, Any]) -> str:
    method = step["method"]
    members = {"method": json.dumps(method), "args": _list(step.get("args", []))}
    for name in ("on", "stmt", "save", "digest"):
        if name in step:
            members[name] = json.dumps(step[name])
    if method in _METHODS:
        members["prepare"] = "[]" if step.get("noargs") else f"[{expression(step.get('prepare'))}]"
        members["binds"] = _list_of_lists(_binds(step))
    if "statements" in step:
        members["statements"] = f"(on, saved) => [{','.join(map(_member, step['statements']))}]"
    return "{" + ",".join(f"{name}: {value}" for name, value in members.items()) + "}"


def _binds(step: dict[str, Any]) -> list[Any]:
    if "binds" in step:
        return list(step["binds"])
    return [step["bind"]] if "bind" in step else []


def _member(statement: dict[str, Any]) -> str:
    made = (
        f"saved[{json.dumps(statement['stmt'])}]"
        if "stmt" in statement
        else f"on.prepare({expression(statement['prepare'])})"
    )
    return made + "".join(f".bind({','.join(map(expression, values))})" for values in _binds(statement))


def _list(values: Sequence[Any]) -> str:
    return f"[{','.join(map(expression, values))}]"


def _list_of_lists(values: Sequence[Any]) -> str:
    return f"[{','.join(map(_list, values))}]"


def expression(value: Any) -> str:
    """A recorded argument as an expression."""
    if isinstance(value, list):
        return _list(value)
    if not isinstance(value, dict):
        return json.dumps(value)
    if "$type" not in value:
        return "({" + ",".join(f"{json.dumps(name)}: {expression(one)}" for name, one in value.items()) + "})"
    match value["$type"]:
        case "undefined":
            return "undefined"
        case "number":
            return f"({value['value']})"
        case "bigint":
            return f"{value['value']}n"
        case "date":
            return f"new Date({json.dumps(value.get('value', value.get('ms')))})"
        case "bytes":
            return _bytes(value["base64"])
        case "arrayBuffer":
            return f"{_bytes(value['base64'])}.buffer"
        case "typedArray":
            return f"new {value['name']}({_bytes(value['base64'])}.buffer)"
        case "zeros":
            return f"new Uint8Array({value['length']})"
        case "repeat":
            return f"{json.dumps(value['text'])}.repeat({value['count']})"
        case "concat":
            return "(" + "+".join(map(expression, value["parts"])) + ")"
        case "series":
            return (
                f"Array.from({{length: {value['to'] - value['from'] + 1}}}, (_, i) => "
                f"{json.dumps(value['text'])}.replaceAll('#', String(i + {value['from']})))"
                f".join({json.dumps(value['sep'])})"
            )
        case "js":
            return str(value["expr"])
    raise ValueError(f"a recorded argument of type {value['$type']} has no form in JavaScript")


def _bytes(base64: str) -> str:
    return f"Uint8Array.from(atob({json.dumps(base64)}), (c) => c.charCodeAt(0))"
