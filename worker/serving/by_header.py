"""Two apps on one port."""

from starlette.types import ASGIApp, Receive, Scope, Send


class ByHeader:
    """``named`` answers requests that have the header ``name``, ``rest`` all others."""

    def __init__(self, name: str, named: ASGIApp, rest: ASGIApp) -> None:
        self._name = name.lower().encode()
        self._named = named
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_named = any(name == self._name for name, _ in scope.get("headers", ()))
        await (self._named if is_named else self._rest)(scope, receive, send)
