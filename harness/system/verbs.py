"""The verbs of HTTP as methods, for classes that send requests."""

from typing import Any, Generic, TypeVar

Given = TypeVar("Given")


class Verbs(Generic[Given]):
    """Each verb takes what `request` takes, and gives what that gives: an answer, or a coroutine of one."""

    # With ``*rest`` a type checker lets a subclass say what it takes.
    def request(self, method: str, path: str, *rest: Any, **more: Any) -> Given:
        raise NotImplementedError

    def get(self, path: str, **more: Any) -> Given:
        return self.request("GET", path, **more)

    def head(self, path: str, **more: Any) -> Given:
        return self.request("HEAD", path, **more)

    def options(self, path: str, **more: Any) -> Given:
        return self.request("OPTIONS", path, **more)

    def post(self, path: str, **more: Any) -> Given:
        return self.request("POST", path, **more)

    def put(self, path: str, **more: Any) -> Given:
        return self.request("PUT", path, **more)

    def patch(self, path: str, **more: Any) -> Given:
        return self.request("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> Given:
        return self.request("DELETE", path, **more)
