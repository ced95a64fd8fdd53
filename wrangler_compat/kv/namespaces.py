"""``kv namespace list | create | delete | rename``: always in the account."""

from kvstore.javascript.values import utf16_length
from kvstore.text.printable import printable
from worker.cloudflare.errors import ApiError, CloudflareError
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError, UsageError
from wrangler_compat.cli.prompt import confirm
from wrangler_compat.kv.keys import report
from wrangler_compat.kv.new_binding import offer_binding
from wrangler_compat.kv.session import Session
from wrangler_compat.kv.target import binding_id

_LONGEST_TITLE = 512
_TITLE_TAKEN = "[code: 10014]"


async def list_namespaces(invocation: Invocation) -> None:
    """Every namespace of the account, as the API describes it."""
    from worker.cloudflare import namespaces

    async with Session(invocation) as session:
        account = await session.account()
        found = await namespaces.list_all(session.client, account)
    invocation.console.document(found)


async def create_namespace(invocation: Invocation) -> None:
    """Create a namespace, and show or write the lines of the configuration that bind it."""
    arguments, console = invocation.arguments, invocation.console
    console.banner()
    title = _title(arguments)
    async with Session(invocation) as session:
        account = await session.account()
        console.location(remote=True)
        jurisdiction = arguments.text("jurisdiction")
        where = f" (jurisdiction: {jurisdiction})" if jurisdiction else ""
        console.say(f'🌀 Creating namespace with title "{printable(title)}"{where}')
        chosen = {"jurisdiction": jurisdiction, "experimental_mode": arguments.text("experimental-mode")}
        members = {"title": title} | {name: value for name, value in chosen.items() if value}
        namespace = await _create(session, account, members)
    console.say("✨ Success!")
    member = "preview_id" if arguments.switch("preview") else "id"
    written = offer_binding(invocation, arguments.words[0], {member: namespace})
    report(invocation, {"id": namespace, "title": title, **written, "result": "created"})


def _title(arguments: Arguments) -> str:
    environment = arguments.flags.get("env")
    start = f"{environment}-" if environment else ""
    return f"{start}{arguments.words[0]}{'_preview' if arguments.switch('preview') else ''}"


async def _create(session: Session, account: str, members: dict[str, str]) -> str:
    from worker.cloudflare import namespaces

    try:
        return str((await namespaces.create(session.client, account, members)).get("id"))
    except ApiError as error:
        if not any(note.endswith(_TITLE_TAKEN) for note in error.notes):
            raise
        raise CommandError(
            f'A KV namespace with the title "{members["title"]}" already exists.\n\n'
            "You can list existing namespaces with their IDs by running:\n  wrangler kv namespace list\n\n"
            "Or choose a different namespace name."
        ) from error


async def delete_namespace(invocation: Invocation) -> None:
    """Delete a namespace, after asking."""
    from worker.cloudflare import namespaces

    arguments, console = invocation.arguments, invocation.console
    console.banner()
    _check_one_selector(arguments)
    async with Session(invocation) as session:
        console.location(remote=True)
        account = await session.account()
        namespace, display = await _find(session, account, invocation)
        console.say(
            f"About to delete remote KV namespace {display}.\n"
            "This action is irreversible and will permanently delete all data in the KV namespace.\n"
        )
        if not arguments.switch("skip-confirmation") and not confirm(console, "Ok to proceed?"):
            console.say("Not deleting.")
            return
        console.say(f"Deleting KV namespace {display}.")
        await namespaces.delete(session.client, account, namespace)
    console.say(f"Deleted KV namespace {display}.")
    report(invocation, {"id": namespace, "result": "deleted"})


def _check_one_selector(arguments: Arguments) -> None:
    given = [arguments.words[:1], arguments.text("binding"), arguments.text("namespace-id")]
    count = sum(1 for one in given if one and one != [""])
    if count == 0:
        raise UsageError(
            "No KV namespace specified. Provide a namespace name as a positional argument, or use "
            "`--binding` or `--namespace-id`."
        )
    if count > 1:
        raise UsageError(
            "Only one namespace selector is allowed. Provide exactly one of: a positional namespace name, "
            "`--binding`, or `--namespace-id`."
        )


async def _find(session: Session, account: str, invocation: Invocation) -> tuple[str, str]:
    """The id that the arguments mean, and how messages call it."""
    arguments = invocation.arguments
    if namespace := arguments.text("namespace-id"):
        return namespace, f'id: "{namespace}"'
    try:
        if arguments.words and arguments.words[0]:
            namespace = await _by_title(
                session,
                account,
                arguments.words[0],
                "Use `--namespace-id` or `--binding` instead, or run `wrangler kv namespace list` to see all "
                "available namespaces.",
            )
            return namespace, f'name: "{arguments.words[0]}" (id: "{namespace}")'
        name = arguments.text("binding")
        namespace = await binding_id(invocation, name, remote=True, default_preview=None)
    except (CommandError, CloudflareError) as error:
        raise UsageError(f"Not able to delete namespace.\n{error}") from error
    return namespace, f'binding: "{name}" (id: "{namespace}")'


async def _by_title(session: Session, account: str, title: str, advice: str) -> str:
    from worker.cloudflare import namespaces

    found = await namespaces.find_by_title(session.client, account, title)
    if found is None:
        raise CommandError(f'No KV namespace named "{title}" was found in your account. {advice}')
    return str(found["id"])


async def rename_namespace(invocation: Invocation) -> None:
    """Give a namespace another title."""
    from worker.cloudflare import namespaces

    arguments, console = invocation.arguments, invocation.console
    console.banner()
    old, namespace = (arguments.words or [""])[0], arguments.text("namespace-id")
    title = str(arguments.flags["new-name"])
    _check_renaming(old, namespace, title)
    async with Session(invocation) as session:
        console.location(remote=True)
        account = await session.account()
        namespace = namespace or await _by_title(
            session,
            account,
            old,
            "Use `--namespace-id` to identify the namespace by ID, or run `wrangler kv namespace list` to "
            "see all available namespaces.",
        )
        console.say(f'Renaming KV namespace {namespace} to "{printable(title)}".')
        renamed = await namespaces.rename(session.client, account, namespace, title)
    console.say(f'✨ Successfully renamed namespace to "{printable(str(renamed.get("title", "undefined")))}"')
    report(invocation, {"id": namespace, "title": renamed.get("title"), "result": "renamed"})


def _check_renaming(old: str, namespace: str | None, title: str) -> None:
    if old and namespace:
        raise UsageError(
            "Cannot specify both a positional namespace name and `--namespace-id`. Use one or the other to "
            "identify the namespace to rename."
        )
    if not old and not namespace:
        raise UsageError(
            "No KV namespace specified. Provide the current namespace name as a positional argument, or use "
            "`--namespace-id` to identify the namespace to rename."
        )
    if utf16_length(title) > _LONGEST_TITLE:
        raise UsageError(
            f"The new namespace name exceeds the {_LONGEST_TITLE}-character limit (got {utf16_length(title)} "
            "characters). Provide a shorter name with `--new-name`."
        )
