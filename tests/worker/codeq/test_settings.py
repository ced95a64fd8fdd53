"""Settings: codeQ's keys from a file, its variables above them, and clear words for what is wrong."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from worker.codeq import Settings, SettingsError
from worker.codeq.configuration import read_settings


def written(folder: Path, document: Any) -> Path:
    file = folder / "codeq.json"
    file.write_text(json.dumps(document))
    return file


def test_nothing_given_is_codeqs_defaults() -> None:
    settings = read_settings({})
    assert settings == Settings()
    assert (settings.port, settings.redis_url) == (8080, "redis://localhost:6379/0")
    assert (settings.environment, settings.backoff_policy) == ("dev", "exp_full_jitter")
    assert settings.subscription_cleanup_interval_seconds == 60


def test_a_file_has_codeqs_own_keys(tmp_path: Path) -> None:
    document = {
        "env": "production",
        "timezone": "Europe/Lisbon",
        "maxAttemptsDefault": 7,
        "resultWebhookBaseBackoffSeconds": 3,
        "allowProducerAsWorker": True,
        "logFormat": "json",
        "allowedClockSkewSeconds": 60,
    }
    settings = read_settings({}, written(tmp_path, document))
    assert (settings.environment, settings.zone) == ("production", ZoneInfo("Europe/Lisbon"))
    assert (settings.max_attempts_default, settings.result_webhook_base_backoff_seconds) == (7, 3)
    assert settings.allow_producer_as_worker


def test_variables_win_over_the_file(tmp_path: Path) -> None:
    variables = {
        "PORT": "9000",
        "REDIS_ADDR": "kv:6666",
        "KVROCKS_PASSWORD": "p/w",
        "IDENTITY_SERVICE_URL": "https://id.example",
        "IDENTITY_ISSUER": "",
        "PATH": "/bin",
    }
    settings = read_settings(variables, written(tmp_path, {"port": 1, "identityIssuer": "kept"}))
    assert (settings.port, settings.redis_url) == (9000, "redis://:p%2Fw@kv:6666/0")
    assert settings.producer_jwks_url == "https://id.example/v1/.well-known/jwks.json"
    assert settings.producer_issuer == "kept"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"colour": 1}, "unknown: colour; there are allowProducerAsWorker"),
        ({"port": "many"}, "port: 'many' is not of type int"),
        ({"maxAttemptsDefault": True}, "maxAttemptsDefault: True is not of type int"),
        ({"env": 1}, "env: 1 is not of type str"),
        ({"timezone": "Mars/Olympus"}, "no time zone named 'Mars/Olympus'"),
        ([], "must be a JSON object of settings"),
    ],
)
def test_settings_errors_name_the_setting(tmp_path: Path, document: Any, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_settings({}, written(tmp_path, document))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read .*none.json"):
        read_settings({}, tmp_path / "none.json")


def test_secrets_are_in_no_text() -> None:
    settings = Settings(redis_password="s3-a", webhook_hmac_secret="s3-b", identity_service_api_key="s3-c")
    assert "s3-" not in repr(settings)
