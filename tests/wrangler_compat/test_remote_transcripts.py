"""Transcripts of the real wrangler against the API: what it printed, and what it asked."""

from pathlib import Path
from typing import Any

import pytest

from kvstore import ManualClock
from tests.wrangler_compat.recorded_api import RecordedApi, body_of, line_of, serve
from tests.wrangler_compat.recordings import Scenario, check_output, each
from wrangler_compat.main import main

ACCOUNT = {"CLOUDFLARE_API_TOKEN": "tok", "CLOUDFLARE_ACCOUNT_ID": "a" * 32}
COLON = "the old spelling works here"

# What is meant to differ from wrangler 4.164, and why.
DIFFERENT = {"r-guide-delete": COLON, "r-guide-list": COLON}

# Where the answer is the same, and the requests are not.
ASKED_OTHERWISE = {
    "r-delete-key-dotdot": "never sent: the path is the namespace's own",
    "r-get-key-dotdot": "never sent: the path is the namespace's own",
    "r-html": "asked again after a 502",
}
CUT_OFF = 600
HEADERS = ("authorization", "x-auth-key", "x-auth-email", "content-type")


@each("remote", without=DIFFERENT)
def test_transcript(scenario: Scenario, laid_out: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with serve(RecordedApi(whole_answers(scenario))) as api:
        given = {**ACCOUNT, "CLOUDFLARE_API_BASE_URL": api.url, **(scenario.get("env") or {})}
        environ = {name: value for name, value in given.items() if value is not None}
        api.rehearsing = True
        for argv in scenario["setup"]:
            main(argv, environ)
        api.rehearsing = False
        capfdbinary.readouterr()
        exit_code = main(scenario["argv"], environ, ManualClock())
    out, err = capfdbinary.readouterr()
    check_output(scenario, laid_out, out, err.replace(str(api.port).encode(), b"<PORT>"))
    assert exit_code == scenario["exit_code"]
    if scenario["id"] in ASKED_OTHERWISE:
        assert not any(one["target"].endswith("/") for one in api.asked)
    else:
        assert sorted(map(shown, api.asked), key=str) == sorted(map(shown, scenario["requests"]), key=str)


def whole_answers(scenario: Scenario) -> list[dict[str, Any]]:
    """The recorded requests; an answer that was cut off in the recording is made whole from the output."""
    cut = '{"success":true,"errors":[],"messages":[],"result":' + scenario["stdout"] + "}"
    return [
        {**one, "response": cut} if len(one.get("response", "")) == CUT_OFF else one
        for one in scenario["requests"]
    ]


def shown(request: dict[str, Any]) -> tuple[Any, ...]:
    """What must be equal of a request: its line, its body, who asks."""
    headers = [request["headers"].get(name, "").partition(";")[0] for name in HEADERS]
    return line_of(request), headers, body_of(request)
