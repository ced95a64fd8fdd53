"""Any JSON as any file that is read: words and the right exit code, or a proper run."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli.rehearse import main as rehearse
from harness.migrations.codeq.services.tokens import read_tokens
from harness.migrations.queue.simulation.plan import read_plan
from harness.migrations.redis.keyspace.backup import read_backup
from harness.migrations.redis.keyspace.errors import MigrationError, Refused
from harness.parameters import ParameterError
from kvstore import ManualClock, SourceError, read_bulk
from worker.config import ConfigError, load_config
from wrangler_compat.main import main as wrangler

NUMBERS = st.sampled_from([0, -1, 1.5, 1e308, float("inf"), float("nan"), 10**30, 2**63])
TEXTS = st.sampled_from(
    ["", "a", ".", "\ud800", "\x00", "é", "x" * 600, "orchestrator:pending", '["a"]', "/w=="]
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
NAMES = st.sampled_from(
    [
        "key",
        "value",
        "expiration",
        "expiration_ttl",
        "metadata",
        "base64",
        "format",
        "prefix",
        "taken",
        "pieces",
        "type",
        "pttl",
        "producer",
        "worker",
        "admin",
        "name",
        "main",
        "kv_namespaces",
        "binding",
        "id",
        "vars",
        "env",
        "tasks",
        "fault",
        "seed",
        "odd",
    ]
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
ITEMS = st.fixed_dictionaries(
    {"key": TEXTS, "value": TEXTS},
    optional=dict.fromkeys(("expiration", "expiration_ttl", "metadata", "base64", "other"), DOCUMENTS),
)
BULK = st.lists(ITEMS, max_size=3) | DOCUMENTS
PIECES = st.fixed_dictionaries(
    {
        "key": st.sampled_from(
            ["legacy:tasks", "legacy:tasks:ttl", "legacy:q:a:pending", "legacy:lease:a", "x"]
        ),
        "type": st.sampled_from(["string", "list", "hash", "zset", "set", "stream"]) | DOCUMENTS,
        "value": st.lists(TEXTS, max_size=4) | DOCUMENTS,
    },
    optional={"pttl": SCALARS},
)
many = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
few = settings(many, max_examples=15)


@many
@given(BULK)
def test_any_bulk_file_is_read_or_refused(document: Any) -> None:
    with suppress(SourceError):
        copy = read_bulk(json.dumps(document), ManualClock(1_800_000_000_000))
        assert all(abs(entry.expiration or 0) < 2**53 for entry in copy.entries.values())


@few
@given(BULK)
def test_any_bulk_file_ends_a_rehearsal_properly(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], document: Any
) -> None:
    source = tmp_path / "bulk.json"
    source.write_text(json.dumps(document))
    assert rehearse(["-q", "--from", str(source), "--json", str(tmp_path / "report.json")]) in (0, 1, 3, 4)
    assert "internal error" not in capfd.readouterr().err


@many
@given(BULK, st.sampled_from(["put", "get", "delete"]))
def test_any_bulk_file_ends_kv_bulk_properly(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], document: Any, verb: str
) -> None:
    (tmp_path / "bulk.json").write_text(json.dumps(document))
    arguments = ["kv", "bulk", verb, "bulk.json", "--namespace-id=abc", "--cwd", str(tmp_path)]
    assert wrangler([*arguments, *(["--force"] if verb == "delete" else [])], {}) in (0, 1)
    assert "internal error" not in capfd.readouterr().err


@many
@given(DOCUMENTS)
def test_any_configuration_is_read_or_refused(tmp_path: Path, document: Any) -> None:
    (tmp_path / "wrangler.json").write_text(json.dumps(document))
    with suppress(ConfigError):
        load_config(tmp_path / "wrangler.json", None)


@many
@given(DOCUMENTS)
def test_any_tokens_are_read_or_refused(tmp_path: Path, document: Any) -> None:
    (tmp_path / "tokens.json").write_text(json.dumps(document))
    with suppress(Refused):
        read_tokens(tmp_path / "tokens.json")


@many
@given(DOCUMENTS, st.lists(PIECES | DOCUMENTS, max_size=3))
def test_any_backup_is_read_or_refused(tmp_path: Path, header: Any, pieces: list[Any]) -> None:
    first = {"format": "understudy-codeq-backup"} | (header if isinstance(header, dict) else {})
    lines = [first, *pieces, {"pieces": len(pieces)}]
    (tmp_path / "backup").write_text("\n".join(map(json.dumps, lines)))
    with suppress(MigrationError):
        read_backup(tmp_path / "backup")


@pytest.mark.parametrize("deep", ["[" * 200_000 + "]" * 200_000, '{"a":' * 200_000 + "1" + "}" * 200_000])
def test_too_deeply_nested_files_are_refused_in_words(deep: str, tmp_path: Path) -> None:
    file = tmp_path / "deep.json"
    file.write_text(deep)
    with pytest.raises(Refused, match="nested too deeply"):
        read_tokens(file)
    with pytest.raises(MigrationError, match="nested too deeply"):
        read_backup(file)
    with pytest.raises(ConfigError, match="nested too deeply"):
        load_config(file, None)
    file.write_text(f"tasks = {deep.replace('{', '[').replace('}', ']')}")
    with pytest.raises(ParameterError):
        read_plan(file)


@pytest.mark.parametrize(
    "line",
    [
        f"tasks = {'1' * 5000}",
        "seed = nan",
        "seed = inf",
        "tasks = 1e400",
        "odd = [1]",
        "fault = 3",
        "order = {}",
        "tasks = 2026-01-01",
        "conditions = ['free']",
        "seed = []",
        "fault = [{kind = [], request = {}}]",
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words(line: str, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(line)
    with pytest.raises(ParameterError):
        read_plan(tmp_path / "plan.toml")
