"""Whether the Worker or the folder of assets is asked first, and the folder as an app of its own."""

import re
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.assets.answers import Assets

# From this compatibility date on a browser that goes to a page gets the assets' answer, found or not.
_NAVIGATION_DATE: Final = "2025-04-01"


def create_assets_app(assets: Assets) -> ASGIApp:
    """An app that answers with assets only."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        answer = assets.answer(scope["method"], path, query, headers)
        response = Response(answer.body, answer.status)
        response.raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
        if scope["method"] != "HEAD":
            response.raw_headers.append((b"content-length", str(len(answer.body)).encode()))
        await response(scope, receive, send)

    return app


class AssetsFirst:
    """An app that answers with an asset where there is one, and hands all else to ``worker``.

    ``compatibility_date`` is the Worker's. What ``run_worker_first`` of the configuration names goes to the
    Worker, whatever the folder has.
    """

    def __init__(self, assets: Assets, worker: ASGIApp, compatibility_date: str | None) -> None:
        self._assets = assets
        self._folder = create_assets_app(assets)
        self._worker = worker
        self._takes_pages = (compatibility_date or "") >= _NAVIGATION_DATE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = self._folder if scope["type"] == "http" and self._is_ours(scope) else self._worker
        await chosen(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        path = scope["raw_path"].decode("latin-1")
        rules = self._assets.config.run_worker_first
        if path.startswith("/cdn-cgi/") or worker_first(rules, path):
            return False
        if self._assets.has(path):
            return True
        navigates = self._takes_pages and (b"sec-fetch-mode", b"navigate") in scope["headers"]
        # Who has said what goes to the Worker has said that all else does not.
        decided = navigates or not isinstance(rules, bool)
        return decided and self._assets.config.not_found_handling != "none"


def worker_first(rules: bool | tuple[str, ...], path: str) -> bool:
    """Whether the Worker is asked first; of patterns, one that begins with ``!`` takes back."""
    if isinstance(rules, bool):
        return rules
    wanted = [rule for rule in rules if not rule.startswith("!")]
    unwanted = [rule[1:] for rule in rules if rule.startswith("!")]
    return any(_matches(rule, path) for rule in wanted) and not any(_matches(rule, path) for rule in unwanted)


def _matches(pattern: str, path: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), path) is not None
