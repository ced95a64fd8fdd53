"""The certificate of ``dev --local-protocol https``: one's own, or one that signs itself."""

from collections.abc import Mapping
from pathlib import Path

from kvstore.clock import Clock
from worker.runtime import Certificate
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.errors import CommandError


def find_certificate(
    arguments: Arguments, environ: Mapping[str, str], cwd: Path, folder: Path, clock: Clock
) -> Certificate:
    """What --https-key-path and --https-cert-path name, seen from ``cwd``; else our own, kept in ``folder``.

    WRANGLER_HTTPS_KEY_PATH and WRANGLER_HTTPS_CERT_PATH stand for the flags. Raises CommandError when only
    one is given, or names no file.
    """
    key = arguments.text("https-key-path") or environ.get("WRANGLER_HTTPS_KEY_PATH")
    certificate = arguments.text("https-cert-path") or environ.get("WRANGLER_HTTPS_CERT_PATH")
    if not key and not certificate:
        from wrangler_compat.dev.own_certificate import own_certificate  # which needs the extra `https`

        return own_certificate(folder / "local-cert", clock)
    if not key or not certificate:
        raise CommandError("Must specify both certificate path and key path to use a Custom Certificate.")
    if not (cwd / key).is_file():
        raise CommandError(f"Missing Custom Certificate Key at {key}")
    if not (cwd / certificate).is_file():
        raise CommandError(f"Missing Custom Certificate File at {certificate}")
    return Certificate(cwd / certificate, cwd / key)
