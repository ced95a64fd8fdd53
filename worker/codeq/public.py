"""What others use of the services. They need the packages of the extra ``codeq``."""

from worker.codeq.auth import Issuer
from worker.codeq.errors import CodeqError, DocumentError, Refusal, ServerError, SettingsError
from worker.codeq.keys import CodeqKeys, LegacyKeys
from worker.codeq.scheduler import create_scheduler
from worker.codeq.servers import (
    PROFILES,
    Kvrocks27,
    Recording,
    RedisServer,
    Server,
    age,
    connect,
    embedded,
    open_server,
)
from worker.codeq.service import CLAIM_SHA, MOVE_SCRIPT, ClaimScriptLoaded, create_codeq
from worker.codeq.settings import Settings

__all__ = [
    "CLAIM_SHA",
    "MOVE_SCRIPT",
    "PROFILES",
    "ClaimScriptLoaded",
    "CodeqError",
    "CodeqKeys",
    "DocumentError",
    "Issuer",
    "Kvrocks27",
    "LegacyKeys",
    "Recording",
    "RedisServer",
    "Refusal",
    "Server",
    "ServerError",
    "Settings",
    "SettingsError",
    "age",
    "connect",
    "create_codeq",
    "create_scheduler",
    "embedded",
    "open_server",
]
