"""What a bucket refuses: texts, codes and statuses are the product's (miniflare 4.20260426, recorded)."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from worker.r2.stored import Stored


class R2Error(Exception):
    """``code`` is the product's number, ``status`` that of the answer on the wire.

    ``found`` is what there is, where only a condition did not hold.
    """

    def __init__(self, status: int, code: int, message: str, found: "Stored | None" = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.found = found


# Status, code and message: what an R2Error is made of.
NO_SUCH_KEY: Final = (404, 10007, "The specified key does not exist.")
INVALID_KEY: Final = (400, 10020, "The specified object name is not valid.")
METADATA_TOO_LARGE: Final = (400, 10012, "Your metadata headers exceed the maximum allowed metadata size.")
TOO_MANY_KEYS: Final = (400, 10022, "MaxKeys params must be positive integer <= 1000.")
UNSATISFIABLE: Final = (416, 10039, "The requested range is not satisfiable")
MALFORMED: Final = (400, 10029, "Metadata missing or invalid")
NO_SUCH_UPLOAD: Final = (400, 10024, "The specified multipart upload does not exist.")
NO_SUCH_PART: Final = (400, 10025, "One or more of the specified parts could not be found.")
PART_TOO_SMALL: Final = (400, 10011, "Your proposed upload is smaller than the minimum allowed object size.")
BAD_UPLOAD: Final = (500, 10048, "There was a problem with the multipart upload.")
INTERNAL: Final = (500, 10001, "We encountered an internal error. Please try again.")


def precondition_failed(found: "Stored | None" = None) -> R2Error:
    text = "At least one of the pre-conditions you specified did not hold."
    return R2Error(412, 10031, text, found)


def bad_digest(algorithm: str, given: str, actual: str) -> R2Error:
    return R2Error(
        400,
        10037,
        f"The {algorithm} checksum you specified did not match what we received.\n"
        f"You provided a {algorithm} checksum with value: {given}\nActual {algorithm} was: {actual}",
    )
