"""docs/rest-api.md names every endpoint and every error code."""

import re
from pathlib import Path

from worker.rest import errors
from worker.rest.routes import ROUTES

PAGE = (Path(__file__).parents[3] / "docs" / "rest-api.md").read_text()
NAMESPACES = "/accounts/{account}/storage/kv/namespaces"


def test_every_endpoint_is_documented() -> None:
    calls = [f"{method} {path}" for path, handlers in ROUTES.items() for method in handlers]
    assert [call for call in calls if f"`{call.replace(NAMESPACES, '~')}`" not in PAGE] == []


def test_every_error_code_is_documented() -> None:
    codes = set(re.findall(r"\b(?:10\d{3}|70\d\d)\b", Path(str(errors.__file__)).read_text()))
    assert [code for code in sorted(codes) if f"| {code} |" not in PAGE] == []
