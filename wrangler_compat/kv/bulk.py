"""``kv bulk get | put | delete``."""

from typing import Final

from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.prompt import confirm
from wrangler_compat.kv.bulk_file import read_entries, read_keys
from wrangler_compat.kv.keys import reading, report, warn_of_damage, writing

_BETA: Final = (
    "🚧 `wrangler kv bulk get` is an open beta command. Please report any issues to "
    "https://github.com/cloudflare/workers-sdk/issues/new/choose"
)


async def get_keys(invocation: Invocation) -> None:
    """The values of the keys that a file names, as a JSON object."""
    arguments, console = invocation.arguments, invocation.console
    if not console.bannerless:
        console.caution(_BETA)
    async with reading(invocation) as target:
        keys = read_keys(invocation.folder, arguments.words[0])
        found = await target.namespace.get_many(keys)
        await warn_of_damage(target.namespace, console)
        console.document(found)


async def put_entries(invocation: Invocation) -> None:
    """Write the items of a file. Their own times and metadata count; the flags of that name do not."""
    arguments, console = invocation.arguments, invocation.console
    console.banner()
    async with writing(invocation) as target:
        items = read_entries(invocation.folder, arguments.words[0], console)
        await target.namespace.put_many(items)
        console.say("Success!")
        report(invocation, {"namespace_id": target.namespace.id, "count": len(items), "result": "written"})


async def delete_keys(invocation: Invocation) -> None:
    """Delete the keys that a file names, after asking."""
    arguments, console = invocation.arguments, invocation.console
    name = arguments.words[0]
    console.banner()
    async with writing(invocation) as target:
        question = (
            f'Are you sure you want to delete all the keys read from "{name}" '
            f"from kv-namespace {target.display}?"
        )
        if not arguments.switch("force") and not confirm(console, question):
            console.say(f'Not deleting keys read from "{name}".')
            return
        keys = read_keys(invocation.folder, name)
        await target.namespace.delete_many(keys)
        console.say("Success!")
        report(invocation, {"namespace_id": target.namespace.id, "count": len(keys), "result": "deleted"})
