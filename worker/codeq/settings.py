"""What can be configured, with codeQ's own defaults; configuration.py reads a file and variables."""

from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo
from urllib.parse import quote

from worker.codeq.errors import SettingsError

# America/Sao_Paulo, the default zone, has had this offset the whole year round since 2019.
SAO_PAULO = timezone(timedelta(hours=-3))
RETENTION_SECONDS = 86_400
IDEMPOTENCY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """Both services' settings; the scheduler reads only the first two blocks and the identity service's.

    Times are in seconds. ``zone`` is the one that times in documents are written in. ``environment`` is
    ``env``; anything but ``dev`` demands the four settings that ``check`` names, and ignores ``X-Role``.
    """

    port: int = 8080
    redis_addr: str = "localhost:6379"
    redis_password: str = field(default="", repr=False)
    log_level: str = "info"

    zone: tzinfo = SAO_PAULO
    environment: str = "dev"
    default_lease_seconds: int = 300
    requeue_inspect_limit: int = 200

    identity_service_url: str = "http://identity.invalid"
    identity_service_api_key: str = field(default="", repr=False)
    identity_jwks_url: str = ""
    identity_issuer: str = ""
    identity_audience: str = "codeq-producer"

    worker_jwks_url: str = ""
    worker_issuer: str = ""
    worker_audience: str = "codeq-worker"
    allow_producer_as_worker: bool = False

    max_attempts_default: int = 5
    backoff_policy: str = "exp_full_jitter"
    backoff_base_seconds: int = 5
    backoff_max_seconds: int = 900

    webhook_hmac_secret: str = field(default="", repr=False)
    result_webhook_max_attempts: int = 5
    result_webhook_base_backoff_seconds: int = 2
    result_webhook_max_backoff_seconds: int = 60
    subscription_min_interval_seconds: int = 5
    subscription_cleanup_interval_seconds: int = 60
    local_artifacts_dir: str = "/tmp/codeq-artifacts"

    @property
    def redis_url(self) -> str:
        """Where the data lives, as ``redis://…``."""
        password = f":{quote(self.redis_password, safe='')}@" if self.redis_password else ""
        return f"redis://{password}{self.redis_addr}/0"

    @property
    def producer_jwks_url(self) -> str:
        url = self.identity_service_url.rstrip("/")
        return self.identity_jwks_url or f"{url}/v1/.well-known/jwks.json"

    @property
    def producer_issuer(self) -> str:
        return self.identity_issuer or self.identity_service_url.rstrip("/")

    def check(self) -> None:
        """Raises SettingsError where codeQ refuses to start."""
        if not self.identity_audience:  # optional according to its documents
            raise SettingsError("audience is required")
        if self.environment == "dev":
            return
        needed = {
            "workerJwksUrl": self.worker_jwks_url,
            "workerIssuer": self.worker_issuer,
            "identityJwksUrl": self.identity_jwks_url,
            "webhookHmacSecret": self.webhook_hmac_secret,
        }
        missing = [name for name, value in needed.items() if not value]
        if missing:
            raise SettingsError(f"env is {self.environment!r}: {', '.join(missing)} must be set")
