"""An object as a bucket keeps it, and as the binding's wire describes it."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

ALGORITHMS: Final = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}
_MD5: Final = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Stored:
    """``uploaded`` is in milliseconds since the epoch; ``blob`` names the file of its bytes, None for one
    that was uploaded in parts. ``checksums`` are those that were given, in hexadecimal.
    """

    key: str
    blob: str | None
    version: str
    size: int
    etag: str
    uploaded: int
    checksums: dict[str, str] = field(default_factory=dict)
    http: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> "Stored":
        return cls(*row[:6], *map(json.loads, row[6:]))

    def row(self) -> tuple[Any, ...]:
        texts = (json.dumps(one, ensure_ascii=False) for one in (self.checksums, self.http, self.custom))
        return (self.key, self.blob, self.version, self.size, self.etag, self.uploaded, *texts)

    def whole(self) -> Any:
        """On the wire, where it could be read from its first byte to its last."""
        return self.described({"offset": 0, "length": self.size})

    def described(self, range: dict[str, int] | None = None, include: frozenset[str] | None = None) -> Any:
        """On the wire; only the metadata that ``include`` names, all by default."""
        known = self.checksums | ({"md5": self.etag} if _MD5.fullmatch(self.etag) else {})
        shown = {
            "name": self.key,
            "version": self.version,
            "size": self.size,
            "etag": self.etag,
            "uploaded": self.uploaded,
            "httpFields": self.http if include is None or "httpMetadata" in include else {},
            "customFields": [
                {"k": name, "v": value}
                for name, value in self.custom.items()
                if include is None or "customMetadata" in include
            ],
            "checksums": {str(place): known[name] for place, name in enumerate(ALGORITHMS) if name in known},
        }
        return shown if range is None else {**shown, "range": range}
