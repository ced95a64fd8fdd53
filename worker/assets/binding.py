"""``env.ASSETS``: the assets of a Worker, as its code asks for them."""

from typing import Any
from urllib.parse import urljoin, urlsplit

from kvstore.javascript.values import UNDEFINED
from worker.assets.answers import Answer, Assets
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.web.http.request import Request
from worker.sdk.web.http.response import Response


class AssetsFetcher(JsObject):
    """A binding with ``fetch``; the host of a URL does not count."""

    js_name = "Fetcher"

    def __init__(self, assets: Assets) -> None:
        self._assets = assets

    async def fetch(self, resource: Any, init: Any = UNDEFINED) -> Response:
        request = Request(resource, init)
        answer = self._answer(request, request.url)
        if request.redirect == "follow" and (to := dict(answer.headers).get("location")):
            answer = self._answer(request, urljoin(request.url, to))  # from one name of a page to its other
        headers = [[name, value] for name, value in answer.headers]
        body: Any = bytearray(answer.body) if answer.body else None
        return Response(body, {"status": answer.status, "headers": headers})

    def _answer(self, request: Request, where: str) -> Answer:
        url = urlsplit(where)
        return self._assets.answer(request.method, url.path, url.query, request.headers.js_lines())
