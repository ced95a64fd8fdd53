"""The REST API as a Starlette app."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kvstore.entropy import Entropy, SystemEntropy
from kvstore.errors import KVError, StoreError
from worker.rest.call import Account, Call, Service
from worker.rest.envelope import failure
from worker.rest.errors import RestError, kept_out, refusal, too_large, unavailable
from worker.rest.registry import Registry
from worker.rest.routes import route
from worker.rest.stores import OpenStores, StoreOpener
from worker.serving import BodyTooLarge, Guard, answer_unread


def create_rest_app(
    folder: Path,
    open_store: StoreOpener,
    known: Mapping[str, str] | None = None,
    *,
    bindings: Mapping[str, str] | None = None,
    token: str | None = None,
    account: Account | None = None,
    entropy: Entropy | None = None,
) -> Starlette:
    """An ASGI app that serves namespaces as Cloudflare's v4 API does, at ``/client/v4``.

    ``folder`` is the state folder (``<persist root>/v3/kv``), where the titles are kept; ``open_store`` gives
    the store of a namespace id; ``known`` are the namespaces that others made or bind, id to title;
    ``bindings`` are KV bindings, name to id. With a ``token`` every request must carry it; without one only
    this machine is served. The stores are closed by the app's lifespan. Raises StateError when the file of
    titles is damaged.
    """
    # Both mappings may grow later, so an empty one is not to be replaced.
    registry = Registry(folder, {} if known is None else known, entropy or SystemEntropy())
    stores = OpenStores(open_store)
    service = Service(account or Account(), registry, stores, {} if bindings is None else bindings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await stores.close()

    app = Starlette(lifespan=lifespan)
    app.router.redirect_slashes = False
    app.router.default = Guard(token).before(Front(service), lambda refused: failure(kept_out(refused)))
    return app


class Front:
    """Answers every request, and turns what goes wrong into the API's errors."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the router answers other types itself
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except BodyTooLarge as error:
            await answer_unread(failure(too_large(error)), scope, receive, send)
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            handler, names = route(request.method, request.scope["raw_path"])
            return await handler(Call(self._service, request, names))
        except RestError as error:
            return failure(error)
        except KVError as error:
            return failure(refusal(error))
        except StoreError as error:
            return failure(unavailable(str(error)))
