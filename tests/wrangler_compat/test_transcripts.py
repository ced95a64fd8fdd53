"""Transcripts of the real wrangler, typed into ours: what it printed, and how it exited."""

import json
from pathlib import Path

import pytest

from tests.wrangler_compat.recordings import Scenario, check_output, each, lay_out, transcripts
from wrangler_compat.main import main

COLON = "the old spelling works here"

EMPTY = "an empty value is written, as KV takes it"

# What is meant to differ from wrangler 4.164, and why.
DIFFERENT = {
    "list-old-guide": COLON,
    "list-old-guide-local": COLON,
    "delete-old-guide": COLON,
    "delete-old-guide-local": COLON,
    "bulkput-colon-form": COLON,
    "help-kv-key-colon": COLON,
    "put-empty-value": EMPTY,
    "version": "our own version is shown",
    "version-short": "our own version is shown",
}


@each("local", without=DIFFERENT)
def test_transcript(scenario: Scenario, laid_out: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    environ = {name: value for name, value in (scenario.get("env") or {}).items() if value is not None}
    for argv in scenario["setup"]:
        main(argv, environ)
    capfdbinary.readouterr()
    exit_code = main(scenario["argv"], environ)
    check_output(scenario, laid_out, *capfdbinary.readouterr())
    assert exit_code == scenario["exit_code"]


# What is meant to differ from wrangler 3.114 in the old spelling, and why.
NEWER = "a command that wrangler 3 did not have"
STRICTER = "refused since: the metadata would be dropped without a word"
ID_OPTIONAL = "a binding needs no id today"
DIFFERENT_FROM_3 = {
    **{f"bulkget-{name}": NEWER for name in ("bad-items", "missing-file", "not-array")},
    **{f"bulkget-{name}": NEWER for name in ("numeric-order", "objects", "ok")},
    "list-1001-keys": "all keys are listed, not the first 1,000",
    "list-meta-scalar": STRICTER,
    "put-empty-value": EMPTY,
    "put-metadata-bad-json": STRICTER,
    "put-metadata-space": STRICTER,
    "put-metadata-string": STRICTER,
    "put-metadata-zero": STRICTER,
    "list-no-id-config": ID_OPTIONAL,
    "put-preview-only-binding": ID_OPTIONAL,
    "delete-old-guide": "local is the default here, and needs no token",
    "list-old-guide": "local is the default here, and needs no token",
}


@each("v3", without=DIFFERENT_FROM_3)
def test_colon_spelling_does_what_wrangler_3_did(
    scenario: Scenario, laid_out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Data on stdout as it was, and messages that say the same of the same keys."""
    for argv in scenario["setup"]:
        main(argv, {})
    capfd.readouterr()
    assert main(in_old_spelling(scenario["argv"]), scenario.get("env") or {}) == scenario["exit_code"]
    out, err = capfd.readouterr()
    if scenario["exit_code"]:
        assert err.startswith("✘ [ERROR] ")
    elif "⛅️" not in scenario["stdout"]:
        assert out == scenario["stdout"] or "<HELP>" in scenario["stdout"] or "-v" in scenario["argv"][0]
    else:
        said = scenario["stdout"].rstrip("\n").split("\n")[-1].partition(" on namespace ")[0]
        assert said in out


def in_old_spelling(argv: list[str]) -> list[str]:
    """``kv key list`` as ``kv:key list``."""
    if argv[:1] == ["kv"] and len(argv) > 1 and not argv[1].startswith("-"):
        return [f"kv:{argv[1]}", *argv[2:]]
    return argv


def test_a_thousand_and_one_keys_are_all_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (scenario,) = (one for one in transcripts("v3") if one["id"] == "list-1001-keys")
    monkeypatch.chdir(lay_out(scenario, tmp_path))
    for argv in scenario["setup"]:
        main(argv, {})
    capfd.readouterr()
    main(in_old_spelling(scenario["argv"]), {})
    recorded = json.loads(scenario["stdout"])
    listed = json.loads(capfd.readouterr().out)
    assert (len(recorded), len(listed)) == (1000, 1001)
    assert listed[:1000] == recorded
