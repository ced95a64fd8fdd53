"""The certificate that ``dev --local-protocol https`` makes where none is given: it signs itself."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kvstore.clock import Clock
from kvstore.privacy import make_folder
from worker.runtime import Certificate

_DAYS: Final = 30
_ADDRESSES: Final = ("127.0.0.1", "::1")


def own_certificate(folder: Path, clock: Clock) -> Certificate:
    """The one in ``folder``, as long as it lasts: whoever trusted it in a browser need not do so again."""
    own = Certificate(folder / "cert.pem", folder / "key.pem")
    now = datetime.fromtimestamp(clock.now_ms() // 1000, UTC)
    if not _lasts(own, now):
        make_folder(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        own.key.touch(mode=0o600)
        own.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        own.certificate.write_bytes(_signed(key, now).public_bytes(serialization.Encoding.PEM))
    return own


def _lasts(own: Certificate, now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(own.certificate.read_bytes())
        return own.key.is_file() and certificate.not_valid_after_utc > now + timedelta(days=1)
    except (OSError, ValueError):
        return False


def _signed(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in _ADDRESSES]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses]), critical=False)
        .sign(key, hashes.SHA256())
    )
