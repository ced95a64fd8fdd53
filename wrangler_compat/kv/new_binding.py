"""The lines of a configuration that bind a namespace which was just created: shown, or written."""

import re
from pathlib import Path
from typing import Any

from kvstore.javascript.json_text import quote, stringify
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.prompt import ask_text, confirm
from wrangler_compat.kv.jsonc_edit import put_binding


def offer_binding(invocation: Invocation, name: str, identity: dict[str, str]) -> dict[str, Any]:
    """Show the binding of a namespace, and write it into a JSON configuration if that is wanted.

    ``identity`` is ``{id}`` or ``{preview_id}``. The answer says which binding, and which file was written.
    """
    arguments, console = invocation.arguments, invocation.console
    config = invocation.project.config
    path = config.path if config else None
    environment = arguments.flags.get("env")
    chosen = arguments.text("binding")
    remote = bool(arguments.switch("use-remote"))
    binding = {"binding": valid_name(chosen or name), **identity}
    where = f' in the "{environment}" environment' if environment else ""
    console.say(
        "To access your new KV Namespace in your Worker, add the following snippet to your configuration file"
        f"{where}:"
    )
    console.say(snippet(binding | ({"remote": True} if remote else {}), path))
    if path is None or path.suffix not in (".json", ".jsonc") or not _wanted(invocation):
        return {"binding": binding["binding"]}
    if not chosen:
        chosen = ask_text(console, "What binding name would you like to use?", str(binding["binding"]))
        remote = remote or _remote_wanted(invocation)
    new: dict[str, Any] = binding | {"binding": valid_name(chosen)} | ({"remote": True} if remote else {})
    text = put_binding(path.read_text("utf-8"), new, environment)
    path.write_text(text, "utf-8")
    return {"binding": new["binding"], "configuration": str(path)}


def _wanted(invocation: Invocation) -> bool:
    arguments = invocation.arguments
    if arguments.text("binding"):
        return True
    update = False if arguments.switch("preview") else arguments.switch("update-config")
    if update is not None:
        return update
    return confirm(invocation.console, "Would you like Wrangler to add it on your behalf?", fallback=False)


def _remote_wanted(invocation: Invocation) -> bool:
    if invocation.arguments.switch("update-config") or invocation.arguments.switch("use-remote") is False:
        return False
    question = "For local dev, do you want to connect to the remote resource instead of a local resource?"
    return confirm(invocation.console, question, default=False)


def snippet(binding: dict[str, Any], path: Path | None) -> str:
    """The binding in the format of the configuration ``path``, or in JSON when there is none."""
    if path is None or path.suffix != ".toml":
        return str(stringify({"kv_namespaces": [binding]}, indent="  "))
    lines = (
        f"{name} = {quote(value) if isinstance(value, str) else 'true'}" for name, value in binding.items()
    )
    return "\n".join(["[[kv_namespaces]]", *lines]) + "\n"


def valid_name(name: str) -> str:
    """A JavaScript identifier near ``name``; KV when nothing of it can stay."""
    kept = re.sub("[^a-zA-Z0-9_]", "", re.sub(r"[\s-]", "_", name))
    kept = re.sub("_+", "_", kept)
    kept = f"_{kept}" if kept[:1].isdigit() else kept
    return kept if kept.strip("_") else "KV"
