"""Tokens: checked as each service checks them, and minted for rehearsals."""

from worker.codeq.auth.gate import Gate, Producer, WorkerIdentity
from worker.codeq.auth.identity import IdentityLookup
from worker.codeq.auth.issuer import Issuer
from worker.codeq.auth.jwks import Jwks
from worker.codeq.auth.tokens import Verifier

__all__ = ["Gate", "IdentityLookup", "Issuer", "Jwks", "Producer", "Verifier", "WorkerIdentity"]
