"""The files of an assets folder, and which of them a path means."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NEVER: Final = ("_headers", "_redirects", ".assetsignore", "_worker.js")


@dataclass(frozen=True, slots=True)
class Found:
    """A file to be served, or the path to ask for instead."""

    file: Path | None = None
    elsewhere: str | None = None


class AssetFolder:
    """``html`` is how paths of pages are handled: as ``html_handling`` of the configuration names it."""

    def __init__(self, root: Path, html: str = "auto-trailing-slash") -> None:
        self._root = root.resolve()
        self._html = html

    def file(self, path: str) -> Path | None:
        """The file that ``path`` (decoded, with a slash in front) names exactly."""
        if "\0" in path or path.lstrip("/") in _NEVER or path.endswith("/"):
            return None
        place = (self._root / path.lstrip("/")).resolve()
        return place if place.is_relative_to(self._root) and place.is_file() else None

    def find(self, path: str) -> Found | None:
        """What is there for ``path``; None for nothing."""
        if self._html == "none":
            file = self.file(path)
            return None if file is None else Found(file)
        page = self._page(path)
        if page is not None:
            return page
        file = self.file(path)
        return None if file is None else Found(file)

    def _page(self, path: str) -> Found | None:
        """The page of ``path``, under the one path that it has."""
        base = _base(path)
        if base is None:
            return None
        single, index = self.file(f"{base}.html") if base else None, self.file(f"{base}/index.html")
        if self._html == "force-trailing-slash":
            right = f"{base}/"
            file = index or single
        elif self._html == "drop-trailing-slash":
            right = base or "/"
            file = single or index
        else:
            # A page and a folder of one name: each keeps its own path.
            wants_folder = path.endswith(("/", "/index", "/index.html"))
            file = (index or single) if wants_folder else (single or index)
            right = f"{base}/" if file == index else base
        if file is None or (path != right and self.file(path) and not path.endswith(".html")):
            return None
        return Found(file) if path == right else Found(elsewhere=right)


def _base(path: str) -> str | None:
    """The path of a page without what may follow it; None for one that cannot be a page's."""
    for end in ("/index.html", "/index", ".html", "/"):
        if path.endswith(end):
            return path.removesuffix(end)
    return path
