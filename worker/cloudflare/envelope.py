"""The envelope around every answer of the API: ``{success, result, errors, messages, result_info}``."""

import math
import re
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from kvstore.errors import KVSyntaxError
from kvstore.javascript.json_text import parse
from worker.cloudflare.errors import ApiError

FAILED: Final = "A request to the Cloudflare API{} failed."
_MOST_SHOWN: Final = 100


def open_envelope(
    response: httpx.Response, resource: str, now_ms: int, *, named: bool = True
) -> dict[str, Any]:
    """The envelope of a success.

    Raises ApiError for a failure. ``success`` decides, not the status, as in wrangler; an answer that says
    neither is judged by its status. With ``named`` the message says which ``resource`` was asked for.
    """
    if response.status_code in (204, 205) and not response.content:
        return {"success": True, "result": {}}
    if response.headers.get("cf-mitigated") == "challenge":
        raise _blocked(response, resource)
    try:
        envelope = parse(response.text)
    except KVSyntaxError:
        envelope = None
    if not isinstance(envelope, dict):
        raise _malformed(response, resource, named or response.is_success)
    if envelope.get("success", response.is_success) is True:
        return envelope
    raise _failure(envelope, response, resource, now_ms, named)


def _failure(
    envelope: dict[str, Any], response: httpx.Response, resource: str, now_ms: int, named: bool
) -> ApiError:
    errors = [one for one in envelope.get("errors") or [] if isinstance(one, dict)]
    notes = [_rendered(one) for one in errors]
    notes += [
        one if isinstance(one, str) else str(one.get("message", one))
        for one in envelope.get("messages") or []
    ]
    if not notes and isinstance(envelope.get("error"), str):
        code = f" [code: {envelope['code']}]" if envelope.get("code") else ""
        notes.append(f"{envelope['error']}{code}")
    wait = retry_after(response, now_ms)
    if wait is not None:
        notes.append(
            'The API responded with a "Retry-After" header indicating you should wait '
            f"{math.ceil(wait)} second(s) before retrying."
        )
    number = errors[0].get("code") if errors and named else 0
    account = re.search("/accounts/([a-zA-Z0-9]+)/?", resource)
    what = f" ({resource})" if named else ""
    return ApiError(
        FAILED.format(what),
        *notes,
        code=number if isinstance(number, int) else 0,
        account=account[1] if account else "",
        status=response.status_code,
    )


def _rendered(error: dict[str, Any], level: int = 0) -> str:
    """An error, with those that it was caused by."""
    indent = "  " * level
    text = f"{error.get('message', '')}" + (f" [code: {error['code']}]" if error.get("code") else "")
    if error.get("documentation_url"):
        text += f"\n{indent}To learn more about this error, visit: {error['documentation_url']}"
    chain = [_rendered(one, level + 1) for one in error.get("error_chain") or [] if isinstance(one, dict)]
    return text + "\n".join(f"\n\n{indent}- {one}" for one in chain)


def _blocked(response: httpx.Response, resource: str) -> ApiError:
    ray = response.headers.get("cf-ray")
    where = "include the Ray ID above" if ray else "include the Ray ID that its page shows in a browser"
    return ApiError(
        "The Cloudflare API responded with a WAF block page instead of the expected JSON response",
        "Cloudflare's firewall (WAF) blocked this API request. This is usually a false positive.",
        *([f"Cloudflare Ray ID: {ray}"] if ray else []),
        f"If the issue persists, please open a Cloudflare Support ticket and {where}.",
        f"{response.request.method} {resource} -> {response.status_code} {response.reason_phrase}",
        status=response.status_code,
    )


def _malformed(response: httpx.Response, resource: str, named: bool) -> ApiError:
    text = response.text
    shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}... (length = {len(text)})"
    ray = response.headers.get("cf-ray")
    return ApiError(
        "Received a malformed response from the API" if named else FAILED.format(""),
        shown,
        f"{response.request.method} {resource} -> {response.status_code} {response.reason_phrase}",
        *([f"Cloudflare Ray ID: {ray}"] if ray else []),
        status=response.status_code,
    )


def retry_after(response: httpx.Response, now_ms: int) -> float | None:
    """How many seconds the server asks to wait, by a number or by a date; None when it does not."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - now_ms / 1000)
