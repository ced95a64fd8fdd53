"""The console: what a Worker says, to the program's own output."""

import sys
from typing import Any

from kvstore.errors import KVError
from kvstore.javascript.json_text import stringify
from kvstore.javascript.values import to_string
from worker.sdk.ffi.jsobject import JsObject, PyObject


class Console(JsObject):
    """log, info and debug write to standard output; warn and error to standard error."""

    js_name = "console"

    def log(self, *values: Any) -> None:
        print(*map(_shown, values))

    info = debug = log

    def error(self, *values: Any) -> None:
        print(*map(_shown, values), file=sys.stderr)

    warn = error


def _shown(value: Any) -> str:
    """Text as it is, data as JSON, other objects by their name."""
    if isinstance(value, dict | list):
        try:
            return to_string(stringify(value))
        except KVError:
            return to_string(value)
    return value.js_string() if isinstance(value, PyObject) else to_string(value)
