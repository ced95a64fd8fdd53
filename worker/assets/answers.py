"""What a request for an asset is answered: the file, a redirect, not found, or not changed."""

import hashlib
import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from worker.assets.folder import AssetFolder
from worker.config import AssetsConfig

CACHING: Final = "public, max-age=0, must-revalidate"
_READING: Final = ("GET", "HEAD")
_SAFE: Final = "/!$&'()*+,;=:@-._~"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Assets:
    """The assets that ``config`` describes; ``root`` is the folder of the configuration."""

    def __init__(self, config: AssetsConfig, root: Path) -> None:
        self.config = config
        self._folder = AssetFolder(root / config.directory, config.html_handling)

    def has(self, path: str) -> bool:
        """Whether ``path``, as it stands in a URL, is an asset's, or leads to one."""
        return self._folder.find(unquote(path)) is not None

    def answer(self, method: str, path: str, query: str, headers: Iterable[tuple[str, str]]) -> Answer:
        """The answer for ``path``, as it stands in a URL; ``headers`` have names in lower case."""
        found = self._folder.find(unquote(path))
        if found is None:
            return self._missing(method, path)
        if method not in _READING:
            return Answer(405, (("allow", "GET, HEAD"),))
        if found.elsewhere is not None:
            there = quote(found.elsewhere, safe=_SAFE) + (f"?{query}" if query else "")
            return Answer(307, (("location", there),))
        assert found.file is not None, "it is either"
        return _served(found.file, 200, method, dict(headers).get("if-none-match"))

    def _missing(self, method: str, path: str) -> Answer:
        found = self._page_of_the_missing(path)
        if found is None:
            return Answer(404)
        if method not in _READING:
            return Answer(405, (("allow", "GET, HEAD"),))
        return _served(*found, method)

    def _page_of_the_missing(self, path: str) -> tuple[Path, int] | None:
        """The page that stands for what is not there, with its status."""
        if self.config.not_found_handling == "single-page-application":
            page = self._folder.file("/index.html")
            return None if page is None else (page, 200)
        if self.config.not_found_handling == "404-page":
            folders = unquote(path).split("/")[:-1]
            for depth in range(len(folders), 0, -1):
                page = self._folder.file("/".join([*folders[:depth], "404.html"]))
                if page is not None:
                    return page, 404
        return None


def _served(file: Path, status: int, method: str, known: str | None = None) -> Answer:
    content = file.read_bytes()
    tag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    always = (("cache-control", CACHING), ("etag", tag))
    if status == 200 and known in (tag, f"W/{tag}"):
        return Answer(304, always)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    headers = (("content-type", kind), *always)
    return Answer(status, headers, b"" if method == "HEAD" else content)
