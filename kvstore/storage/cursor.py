"""List cursors: what one says of where a listing stands, locally and in production."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from kvstore import messages

_SEAL: Final = 16


def encode_cursor(key: str) -> str:
    """The local runtime's cursor: standard base64 of the UTF-8 of the last key that was returned."""
    return base64.b64encode(key.encode("utf-8")).decode("ascii")


def decode_cursor(cursor: str) -> str:
    """The key that a cursor names.

    As lenient as Node's base64, which the local runtime uses: both alphabets, anything else skipped, an end
    at ``=``, broken UTF-8 as U+FFFD. So no cursor is ever refused here; production refuses foreign ones.
    """
    text = cursor.split("=", 1)[0].replace("-", "+").replace("_", "/")
    text = re.sub(r"[^A-Za-z0-9+/]", "", text)
    if len(text) % 4 == 1:
        text = text[:-1]
    return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing stands: behind the key ``after``, "" at the start; ``empty`` if its last page was."""

    after: str = ""
    empty: bool = False


class SealedCursors:
    """Cursors as production's: nothing can be read from them, and only one that was issued is taken back.

    A cursor belongs to the prefix that it was issued for. ``secret`` is whatever the namespaces that shall
    take each other's cursors have in common.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, place: Place, prefix: str) -> str:
        content = bytes([place.empty]) + place.after.encode()
        seal = self._seal(content, prefix)
        return base64.urlsafe_b64encode(seal + self._veil(content, seal)).decode("ascii")

    def read(self, cursor: str, prefix: str) -> Place:
        """Where the listing stands. Raises KVError (400) for a cursor that was not issued for ``prefix``."""
        try:
            sealed = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise messages.invalid_cursor() from error
        seal, content = sealed[:_SEAL], self._veil(sealed[_SEAL:], sealed[:_SEAL])
        if not content or not hmac.compare_digest(seal, self._seal(content, prefix)):
            raise messages.invalid_cursor()
        return Place(content[1:].decode(), bool(content[0]))

    def _seal(self, content: bytes, prefix: str) -> bytes:
        # The digest has a fixed length, so that no prefix can run into the content.
        scope = hashlib.sha256(prefix.encode()).digest()
        return hmac.digest(self._secret, scope + content, "sha256")[:_SEAL]

    def _veil(self, content: bytes, seal: bytes) -> bytes:
        """``content`` made unreadable, or readable again."""
        mask = hashlib.shake_256(self._secret + seal).digest(len(content))
        return bytes(byte ^ other for byte, other in zip(content, mask, strict=True))
