"""What a bucket refuses: texts, codes and statuses are the product's (miniflare 4.20260426, recorded)."""

from typing import TYPE_CHECKING

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


def no_such_key() -> R2Error:
    return R2Error(404, 10007, "The specified key does not exist.")


def invalid_key() -> R2Error:
    return R2Error(400, 10020, "The specified object name is not valid.")


def metadata_too_large() -> R2Error:
    return R2Error(400, 10012, "Your metadata headers exceed the maximum allowed metadata size.")


def too_many_keys() -> R2Error:
    return R2Error(400, 10022, "MaxKeys params must be positive integer <= 1000.")


def precondition_failed(found: "Stored | None" = None) -> R2Error:
    text = "At least one of the pre-conditions you specified did not hold."
    return R2Error(412, 10031, text, found)


def unsatisfiable() -> R2Error:
    return R2Error(416, 10039, "The requested range is not satisfiable")


def bad_digest(algorithm: str, given: str, actual: str) -> R2Error:
    return R2Error(
        400,
        10037,
        f"The {algorithm} checksum you specified did not match what we received.\n"
        f"You provided a {algorithm} checksum with value: {given}\nActual {algorithm} was: {actual}",
    )


def malformed() -> R2Error:
    return R2Error(400, 10029, "Metadata missing or invalid")


def no_such_upload() -> R2Error:
    return R2Error(400, 10024, "The specified multipart upload does not exist.")


def no_such_part() -> R2Error:
    return R2Error(400, 10025, "One or more of the specified parts could not be found.")


def part_too_small() -> R2Error:
    return R2Error(400, 10011, "Your proposed upload is smaller than the minimum allowed object size.")


def bad_upload() -> R2Error:
    return R2Error(500, 10048, "There was a problem with the multipart upload.")


def internal() -> R2Error:
    return R2Error(500, 10001, "We encountered an internal error. Please try again.")
