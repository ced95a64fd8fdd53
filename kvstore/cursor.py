"""List cursors: standard base64 of the UTF-8 of the last key that was returned."""

import base64
import re


def encode_cursor(key: str) -> str:
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
