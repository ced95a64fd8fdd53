"""codeQ, at ``/v1/codeq``."""

from worker.codeq.service.app import create_codeq
from worker.codeq.service.claim_script import CLAIM_SHA, MOVE_SCRIPT, ClaimScriptLoaded

__all__ = ["CLAIM_SHA", "MOVE_SCRIPT", "ClaimScriptLoaded", "create_codeq"]
