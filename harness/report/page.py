"""The page of a report: one file that needs nothing else, and no network."""

import json
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Final

from kvstore.text.printable import printable

_FOLDER: Final = Path(__file__).parent / "pages"


def page(document: dict[str, Any]) -> str:
    """The HTML of a document; what is in it can end no element, and names no address."""
    title = f"{_verdict(document)}: {document['migration']}"
    return _template().substitute(
        title=_escaped(printable(title)),
        style=_text("page.css"),
        script=_text("timeline.js") + _text("course.js") + _text("page.js"),
        document=_data(document),
    )


def _verdict(document: dict[str, Any]) -> str:
    if document["kind"] == "run":
        return "Held" if document["held"] else "NO-GO"
    return str(document["verdict"]).upper()


def _data(document: dict[str, Any]) -> str:
    """JSON as it may stand in a script element."""
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"), default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@cache
def _template() -> Template:
    return Template(_text("page.html"))


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
