"""``request.cf``: what Cloudflare's network knows of a request, as wrangler makes it up without a network."""

from collections.abc import Mapping
from typing import Any, Final

# The member of an ASGI scope that names the location, where it is another one than that of `_FACTS`.
COLO: Final = "understudy.colo"

_FACTS: Final[dict[str, Any]] = {
    "asOrganization": "",
    "asn": 395747,
    "colo": "DFW",
    "city": "Austin",
    "region": "Texas",
    "regionCode": "TX",
    "metroCode": "635",
    "postalCode": "78701",
    "country": "US",
    "continent": "NA",
    "timezone": "America/Chicago",
    "latitude": "30.27130",
    "longitude": "-97.74260",
    "clientTcpRtt": 0,
    "httpProtocol": "HTTP/1.1",
    "requestPriority": "weight=192;exclusive=0",
    "tlsCipher": "AEAD-AES128-GCM-SHA256",
    "tlsVersion": "TLSv1.3",
    "tlsClientAuth": {
        "certPresented": "0",
        "certVerified": "NONE",
        "certRevoked": "0",
        **dict.fromkeys(
            (
                *("certIssuerDN", "certSubjectDN", "certIssuerDNRFC2253", "certSubjectDNRFC2253"),
                *("certIssuerDNLegacy", "certSubjectDNLegacy", "certSerial", "certIssuerSerial", "certSKI"),
                *("certIssuerSKI", "certFingerprintSHA1", "certFingerprintSHA256", "certNotBefore"),
                "certNotAfter",
            ),
            "",
        ),
    },
    "edgeRequestKeepAliveStatus": 0,
    "clientTrustScore": 99,
    "botManagement": {
        "corporateProxy": False,
        "verifiedBot": False,
        "ja3Hash": "25b4882c2bcb50cd6b469ff28c596742",
        "staticResource": False,
        "detectionIds": [],
        "score": 99,
    },
}


def facts(scope: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the request that an ASGI scope is about."""
    colo = scope.get(COLO)
    return _FACTS if colo is None else {**_FACTS, "colo": colo}
