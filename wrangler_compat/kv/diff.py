"""``kv diff``: what differs between two namespaces, or exports of them."""

from typing import Any

from kvstore.copies.diff import Difference, diff
from wrangler_compat.cli.context import Invocation
from wrangler_compat.kv.sides import read_side


async def show_difference(invocation: Invocation) -> int:
    """A line for every key that was added, removed or changed; exit code 0 when there is none, else 1."""
    console = invocation.console
    before, after = [await read_side(invocation, name) for name in invocation.arguments.words]
    difference = diff(before.entries, after.entries)
    if console.only_data:
        sides = {"before": before.display, "after": after.display}
        console.document(sides | _as_json(difference))
    else:
        counts = ", ".join(
            f"{len(keys)} {what}"
            for what, keys in (
                ("removed", difference.removed),
                ("changed", difference.changed),
                ("added", difference.added),
            )
        )
        if difference:
            console.data(str(difference))
        console.note(f"{before.display} → {after.display}: {counts}")
    return 1 if difference else 0


def _as_json(difference: Difference) -> dict[str, Any]:
    return {
        "added": list(difference.added),
        "removed": list(difference.removed),
        "changed": [{"key": key, "parts": list(one.parts)} for key, one in difference.changed.items()],
    }
