"""Reads recordings of Cloudflare's Python SDK and plays them against the emulation."""

import ast
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[2] / "data" / "vectors" / "python"

# The binding follows workerd 1.20261117; these recordings were made with 1.20260426.
NEWER_TEXTS = {
    "parameter 2 is not of type 'string or JsObject'": "parameter 2 is not of type 'string or Object'",
}


def cases(area: str) -> dict[str, list[dict[str, Any]]]:
    """The steps of every recorded case of ``area``, by its name: "kv" or "sdk"."""
    recorded = json.loads((VECTORS / f"{area}.json").read_text())
    return {case["name"]: case["steps"] for case in recorded["cases"]}


def names(env: Any) -> dict[str, Any]:
    """The names that a recorded expression may use."""
    js, workers = importlib.import_module("js"), importlib.import_module("workers")
    to_js = importlib.import_module("pyodide.ffi").to_js
    return {
        "Object": js.Object,
        "env": env,
        "js": js,
        "json": json,
        "kv": env.KV,
        "to_js": to_js,
        "workers": workers,
    }


async def play(code: str, scope: dict[str, Any]) -> dict[str, Any]:
    """Evaluate ``code`` and describe its value or error as the recordings do."""
    try:
        compiled = compile(code, "recording", "eval", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        value = eval(compiled, scope)
        if compiled.co_flags & inspect.CO_COROUTINE:
            value = await value
    except Exception as error:
        return {"error": _error(error)}
    shown = f"memoryview({value.tobytes()!r})" if isinstance(value, memoryview) else repr(value)
    return {"type": type(value).__name__, "repr": shown}


def _error(error: Exception) -> dict[str, str]:
    kind = type(error)
    described = {"type": f"{kind.__module__}.{kind.__qualname__}", "str": str(error)}
    if described["type"] == "pyodide.ffi.JsException":
        described |= {"name": vars(error)["name"], "message": vars(error)["message"]}
    return described


def expected(step: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers that were recorded for a step, under either Pyodide."""
    older = {name: step[name] for name in ("type", "repr", "error") if name in step}
    newer = step.get("with_pyodide_314.0.5", older)
    text = json.dumps(older)
    for old, new in NEWER_TEXTS.items():
        text = text.replace(old, new)
    return [json.loads(text), newer]
