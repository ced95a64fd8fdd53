"""Bodies of the queue API: every row of the table of refusals."""

import httpx
import pytest

pytestmark = pytest.mark.anyio

CLAIM, RENEW, RELEASE = "/api/queue/claim", "/api/queue/t1/renew", "/api/queue/t1/release"
STATUS = "/api/queue/t1/status"

ROWS = [
    (CLAIM, "[]", ["Expected object, received array"]),
    (CLAIM, "null", ["Expected object, received null"]),
    (CLAIM, '"x"', ["Expected object, received string"]),
    (CLAIM, '{"leaseDurationSec":700}', ["leaseDurationSec: Number must be less than or equal to 600"]),
    (CLAIM, '{"leaseDurationSec":0}', ["leaseDurationSec: Number must be greater than or equal to 1"]),
    (CLAIM, '{"leaseDurationSec":-1}', ["leaseDurationSec: Number must be greater than or equal to 1"]),
    (CLAIM, '{"leaseDurationSec":1.5}', ["leaseDurationSec: Expected integer, received float"]),
    (CLAIM, '{"leaseDurationSec":"300"}', ["leaseDurationSec: Expected number, received string"]),
    (CLAIM, '{"leaseDurationSec":null}', ["leaseDurationSec: Expected number, received null"]),
    (CLAIM, '{"leaseDurationSec":true}', ["leaseDurationSec: Expected number, received boolean"]),
    (CLAIM, '{"workerId":5}', ["workerId: Expected string, received number"]),
    (
        CLAIM,
        '{"leaseDurationSec":600.5,"workerId":{}}',
        [
            "workerId: Expected string, received object",
            "leaseDurationSec: Expected integer, received float",
            "leaseDurationSec: Number must be less than or equal to 600",
        ],
    ),
    (RENEW, "{}", ["workerId: Required"]),
    (RENEW, '{"workerId":""}', ["workerId: Worker ID is required"]),
    (RENEW, '{"workerId":"w","extendSec":601}', ["extendSec: Number must be less than or equal to 600"]),
    (RELEASE, '{"reason":5}', ["reason: Expected string, received number"]),
    (STATUS, "{}", ["status: Required"]),
    (STATUS, '{"status":""}', ["status: Status is required"]),
]


@pytest.mark.parametrize(("path", "body", "details"), ROWS)
async def test_a_faulty_body_is_400(old: httpx.AsyncClient, path: str, body: str, details: list[str]) -> None:
    response = await old.post(path, content=body)
    assert response.status_code == 400
    assert response.json() == {"error": "Validation failed", "details": details}


@pytest.mark.parametrize("path", [CLAIM, RENEW, RELEASE, STATUS])
@pytest.mark.parametrize("body", ["", "{oops", '{"workerId":NaN}', "[" * 100_000])
async def test_a_body_that_is_no_json_is_400(old: httpx.AsyncClient, path: str, body: str) -> None:
    response = await old.post(path, content=body)
    assert (response.status_code, response.text) == (400, '{"error":"Invalid JSON in request body"}')


@pytest.mark.parametrize("body", ["{}", '{"leaseDurationSec":600.0}', '{"leaseDurationSec":1,"more":[]}'])
async def test_a_body_that_fits_is_taken(old: httpx.AsyncClient, body: str) -> None:
    assert (await old.post(CLAIM, content=body)).status_code == 200
