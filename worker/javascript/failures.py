"""The answer where a Worker has thrown: the stack in the user's own files, in a browser with the lines."""

import html
from typing import Final

from starlette.responses import HTMLResponse, Response

from worker.javascript.source_map import Place

# Says that the body of an answer is a stack; as caught.mjs gives it.
STACK_HEADER: Final = b"understudy-stack"
_AROUND: Final = 3  # lines on either side
_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{headline}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
pre {{ background: #8881; overflow-x: auto; padding: 1rem }} b {{ color: #c22 }}
</style>
<h1>{headline}</h1>
{source}<pre>{stack}</pre>
</html>
"""


def failure(stack: str, place: Place | None, *, page: bool) -> Response:
    """The answer of status 500 that shows ``stack``; a ``page`` shows the lines around ``place``, too."""
    if not page:
        response = Response(stack, 500)
        response.headers["content-type"] = "text/plain;charset=UTF-8"
        return response
    headline = stack.partition("\n")[0]
    source = "" if place is None else _lines(place)
    return HTMLResponse(
        _PAGE.format(headline=html.escape(headline), source=source, stack=html.escape(stack)), 500
    )


def _lines(place: Place) -> str:
    try:
        lines = place.file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    shown = []
    for number in range(max(1, place.line - _AROUND), min(len(lines), place.line + _AROUND) + 1):
        text = html.escape(f"{number:5} {lines[number - 1]}")
        shown.append(f"<b>{text}</b>" if number == place.line else text)
    where = html.escape(f"{place.file}:{place.line}:{place.column}")
    return f"<p>{where}</p>\n<pre>{chr(10).join(shown)}</pre>\n"
