"""HTTP as both services speak it."""

from worker.codeq.web.bodies import cleanup_terms, is_web_address, optional, required
from worker.codeq.web.front import create_front, error_reply, json_reply, no_content, not_found, route

__all__ = [
    "cleanup_terms",
    "create_front",
    "error_reply",
    "is_web_address",
    "json_reply",
    "no_content",
    "not_found",
    "optional",
    "required",
    "route",
]
