"""Uploads in parts: what is asked of a bucket's rows for them. The checks and their order are miniflare's."""

import hashlib
import json
from typing import Any, Final, NamedTuple

from kvstore.sql.database import Steps, program
from worker.r2 import errors
from worker.r2.rows import let_go, put
from worker.r2.stored import Stored

_IN_PROGRESS, _COMPLETED, _ABORTED = range(3)
LEAST_PART: Final = 5 * 1024 * 1024  # bytes, of every part but the last


class Upload(NamedTuple):
    """The upload ``id`` of an object that is to be called ``key``."""

    key: str
    id: str


class Part(NamedTuple):
    """``blob`` names the file of its bytes; ``etag`` is at random, ``md5`` of the bytes."""

    number: int
    blob: str
    size: int
    etag: str
    md5: str


class Completed(NamedTuple):
    """``unneeded`` are the files that no object has any more."""

    stored: Stored
    unneeded: list[str]


@program
def create(upload: Upload, http: dict[str, Any], custom: dict[str, str]) -> Steps[None]:
    yield (
        "INSERT INTO _mf_multipart_uploads (upload_id, key, http_metadata, custom_metadata) "
        "VALUES (?, ?, ?, ?)",
        (upload.id, upload.key, *(json.dumps(one, ensure_ascii=False) for one in (http, custom))),
    )


@program
def keep(upload: Upload, part: Part) -> Steps[list[str]]:
    """The result is the file of the part that had its number. Raises R2Error."""
    if (yield from _state(upload)) != _IN_PROGRESS:
        raise errors.R2Error(*errors.NO_SUCH_UPLOAD)
    replaced = yield (
        "SELECT blob_id FROM _mf_multipart_parts WHERE upload_id = ? AND part_number = ?",
        (upload.id, part.number),
    )
    yield (
        "INSERT OR REPLACE INTO _mf_multipart_parts "
        "(upload_id, part_number, blob_id, size, etag, checksum_md5) VALUES (?, ?, ?, ?, ?, ?)",
        (upload.id, *part),
    )
    return [row[0] for row in replaced]


@program
def complete(upload: Upload, chosen: list[tuple[int, str]], version: str, now: int) -> Steps[Completed]:
    """Make one object of the parts that are ``chosen``, by their number and etag. Raises R2Error."""
    metadata = yield (
        "SELECT http_metadata, custom_metadata FROM _mf_multipart_uploads WHERE upload_id = ? AND key = ?",
        (upload.id, upload.key),
    )
    state = yield from _state(upload)
    if state is None:
        raise errors.R2Error(*errors.INTERNAL)
    if state != _IN_PROGRESS:
        raise errors.R2Error(*errors.NO_SUCH_UPLOAD)
    rows = yield (
        "SELECT part_number, blob_id, size, etag, checksum_md5 FROM _mf_multipart_parts WHERE upload_id = ?",
        (upload.id,),
    )
    parts = _checked(chosen, {row[0]: Part(*row) for row in rows})
    digest = hashlib.md5(b"".join(bytes.fromhex(one.md5) for one in parts), usedforsecurity=False)
    stored = Stored(
        key=upload.key,
        blob=None,
        version=version,
        size=sum(one.size for one in parts),
        etag=f"{digest.hexdigest()}-{len(parts)}",
        uploaded=now,
        http=json.loads(metadata[0][0]),
        custom=json.loads(metadata[0][1]),
    )
    unneeded = yield from let_go(upload.key)
    yield put(stored)
    for part in parts:
        yield (
            "UPDATE _mf_multipart_parts SET object_key = ? WHERE upload_id = ? AND part_number = ?",
            (upload.key, upload.id, part.number),
        )
    unneeded += yield from _end(upload, _COMPLETED)
    return Completed(stored, unneeded)


@program
def abort(upload: Upload) -> Steps[list[str]]:
    """The result is the files of its parts. Raises R2Error."""
    state = yield from _state(upload)
    if state is None:
        raise errors.R2Error(*errors.INTERNAL)
    return (yield from _end(upload, _ABORTED)) if state == _IN_PROGRESS else []


def _state(upload: Upload) -> Steps[int | None]:
    rows = yield (
        "SELECT state FROM _mf_multipart_uploads WHERE upload_id = ? AND key = ?",
        (upload.id, upload.key),
    )
    return rows[0][0] if rows else None


def _end(upload: Upload, state: int) -> Steps[list[str]]:
    """The files of the parts that no object has; their rows go."""
    rows = yield (
        "DELETE FROM _mf_multipart_parts WHERE upload_id = ? AND object_key IS NULL RETURNING blob_id",
        (upload.id,),
    )
    yield "UPDATE _mf_multipart_uploads SET state = ? WHERE upload_id = ?", (state, upload.id)
    return [row[0] for row in rows]


def _checked(chosen: list[tuple[int, str]], there: dict[int, Part]) -> list[Part]:
    """The parts in the order of their numbers. Raises R2Error for those that make no object."""
    if len({number for number, _ in chosen}) < len(chosen):
        raise errors.R2Error(*errors.INTERNAL)
    parts = [there.get(number) for number, _ in chosen]
    found = [one for one in parts if one is not None]
    if [one and one.etag for one in parts] != [etag for _, etag in chosen]:
        raise errors.R2Error(*errors.NO_SUCH_PART)
    if any(one.size < LEAST_PART for one in found[:-1]):
        raise errors.R2Error(*errors.PART_TOO_SMALL)
    found.sort()
    *sizes, last = [one.size for one in found] or [0]
    if any(size < LEAST_PART or size != sizes[0] for size in sizes) or (sizes and last > sizes[0]):
        raise errors.R2Error(*errors.BAD_UPLOAD)
    return found
