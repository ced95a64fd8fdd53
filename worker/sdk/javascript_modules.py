"""import_from_javascript: the modules that a Python Worker may take from JavaScript."""

from types import SimpleNamespace
from typing import Any

from worker.sdk.context import wait_until
from worker.sdk.env import env


def import_from_javascript(module_name: str) -> Any:
    """The JavaScript module ``module_name``; only ``cloudflare:workers`` is emulated.

    Raises ImportError for any other.
    """
    if module_name == "cloudflare:workers":
        return SimpleNamespace(env=env, waitUntil=wait_until)
    raise ImportError(f"Failed to import '{module_name}': only 'cloudflare:workers' is emulated.")
