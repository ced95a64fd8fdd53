"""harness: rehearses migrations, searches for what breaks them, and says go or no-go.

What somebody needs who declares a migration of their own, or brings one with a simulation and a command of
its own, is in ``__init__.pyi``, by name. A name is imported when it is first asked for, so that the program
can hear a signal before anything else is loaded.
"""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any


@cache
def _modules() -> dict[str, str]:
    """Where each of the public names is."""
    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = (node for node in stub.body if isinstance(node, ast.ImportFrom))
    return {name.name: str(node.module) for node in imports for name in node.names}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return list(_modules())
    if name not in _modules():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_modules()[name]), name)
