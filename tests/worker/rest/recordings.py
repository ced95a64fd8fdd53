"""What real clients asked and were answered by a recording server: read, and made equal where it must be."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[2] / "data" / "golden"
SDKS = sorted((GOLDEN / "sdk").glob("*.jsonl"))
CUT = 600  # longer answers were recorded up to here
WRANGLER = sorted((GOLDEN / "wrangler" / "remote").glob("*.json"))


@dataclass(frozen=True)
class Exchange:
    """One request with its answer; ``now`` is when it was recorded, in milliseconds."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int
    response: str
    now: int

    @classmethod
    def of(cls, recorded: dict[str, Any]) -> "Exchange":
        body = base64.b64decode(recorded.get("body_base64", "")) or recorded.get("body", "").encode()
        moment = datetime.fromisoformat(f"2026-11-22T{recorded['t']}").replace(tzinfo=UTC)
        return cls(
            recorded["method"],
            recorded["target"],
            recorded["headers"],
            body,
            recorded["status"],
            recorded["response"],
            round(moment.timestamp() * 1000),
        )


def sdk_exchanges(path: Path) -> list[Exchange]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [Exchange.of(line) for line in lines if "target" in line]


def created_ids(exchanges: list[Exchange]) -> list[str]:
    """The ids of the namespaces that the recording server made, in order."""
    made = [one for one in exchanges if one.method == "POST" and one.target.endswith("/namespaces")]
    return [json.loads(one.response)["result"]["id"] for one in made if one.status == 200]


def comparable(text: str) -> Any:
    """An answer without what is free: the padding of a cursor."""
    try:
        content = json.loads(text)
    except ValueError:
        return text
    if isinstance(content, dict) and "cursor" in (content.get("result_info") or {}):
        content["result_info"]["cursor"] = content["result_info"]["cursor"].rstrip("=")
    return content


class RecordedIds:
    """Chance that gives new namespaces the recorded ids."""

    def __init__(self, ids: list[str]) -> None:
        self._ids = ids

    def token(self, size: int) -> bytes:
        return bytes.fromhex(self._ids.pop(0)) if self._ids else b"\xff" * size

    def below(self, limit: int) -> int:
        return 0
