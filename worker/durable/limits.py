"""How much a Durable Object's storage takes.

Source: https://developers.cloudflare.com/durable-objects/platform/limits. Objects with a key-value back-end
(``new_classes``) have a limit for the key and one for the value; in those with SQLite
(``new_sqlite_classes``) both share 2 MB. workerd enforces only the second by itself, as a limit of 2,200,000
bytes for a row (measured), and so it is here; the first are enforced as documented.
"""

from typing import Final

from kvstore.figures import whole

KEY_BYTES: Final = whole("objects.key_size")
VALUE_BYTES: Final = whole("objects.value_size")
# What a serialised value may have beyond its limit, for the marks of its type.
VALUE_MARKS: Final = 32
ROW_BYTES: Final = whole("objects.row_size")

# An alarm whose handler fails rings again 2 s later, and then twice as late each time, six times at most:
# https://developers.cloudflare.com/durable-objects/api/alarms. Measured: up to a quarter later than
# that, ALARM_JITTER in percent.
ALARM_RETRIES: Final = whole("objects.alarm_retries")
ALARM_BACKOFF_MS: Final = whole("objects.alarm_backoff_ms")
ALARM_JITTER: Final = whole("objects.alarm_jitter")
