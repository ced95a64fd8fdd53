"""The endpoints for namespaces: list, create, rename, delete."""

from typing import Any
from urllib.parse import quote

from kvstore.javascript.json_text import stringify
from worker.cloudflare.client import ApiClient
from worker.cloudflare.pages import until_empty
from worker.cloudflare.paths import namespace_path, namespaces_path

_JSON = "application/json"
_PAGE = 100


async def list_all(client: ApiClient, account: str) -> list[dict[str, Any]]:
    """Every namespace, as the API describes it, ordered by title."""
    query = {"per_page": "1000", "order": "title", "direction": "asc"}
    return await until_empty(client, namespaces_path(account), query)


async def find_by_title(client: ApiClient, account: str, title: str) -> dict[str, Any] | None:
    """The namespace of that title. The listing ends at the first page that is not full, or comes twice."""
    every: list[dict[str, Any]] = []
    before: Any = None
    page: list[dict[str, Any]] = []
    while len(every) % _PAGE == 0 and (not every or page != before):
        before = page
        number = str(len(every) // _PAGE + 1)
        query = {"per_page": str(_PAGE), "order": "title", "direction": "asc", "page": number}
        page = (await client.ask("GET", namespaces_path(account), query=query)).get("result") or []
        every += page
        if len(page) < _PAGE:
            break
    return next((namespace for namespace in every if namespace.get("title") == title), None)


async def create(client: ApiClient, account: str, members: dict[str, str]) -> dict[str, Any]:
    """The new namespace; ``members`` are its title and perhaps its jurisdiction."""
    body = str(stringify(members, indent="  ")).encode()
    envelope = await client.ask(
        "POST", namespaces_path(account), content=body, content_type=_JSON, named=False
    )
    return dict(envelope.get("result") or {})


async def rename(client: ApiClient, account: str, namespace: str, title: str) -> dict[str, Any]:
    """The namespace under its new title."""
    body = str(stringify({"title": title})).encode()
    path = namespace_path(account, namespace)
    return dict((await client.ask("PUT", path, content=body, content_type=_JSON)).get("result") or {})


async def delete(client: ApiClient, account: str, namespace: str) -> None:
    """Delete a namespace and all that is in it."""
    await client.ask("DELETE", namespace_path(account, namespace))


async def deployed_binding(client: ApiClient, account: str, script: str, binding: str) -> str | None:
    """The namespace that a deployed Worker has behind a binding; None if it has none."""
    envelope = await client.ask(
        "GET", f"/accounts/{account}/workers/scripts/{quote(script, safe='')}/settings"
    )
    for one in (envelope.get("result") or {}).get("bindings") or []:
        if one.get("type") == "kv_namespace" and one.get("name") == binding and one.get("namespace_id"):
            return str(one["namespace_id"])
    return None
