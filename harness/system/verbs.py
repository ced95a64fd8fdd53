"""The verbs of HTTP, for whoever sends requests."""

from typing import Any, Generic, TypeVar

Given = TypeVar("Given")


class Verbs(Generic[Given]):
    """Each verb is a `request`, and takes what that takes; it gives an answer, or one to be awaited."""

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
