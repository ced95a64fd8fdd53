"""Who asks the Cloudflare API, from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from worker.cloudflare.errors import CloudflareError, NoTokenError

DEFAULT_BASE_URL: Final = "https://api.cloudflare.com/client/v4"
_NO_TOKEN: Final = (
    "In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN environment variable for "
    "wrangler to work. Please go to "
    "https://developers.cloudflare.com/fundamentals/api/get-started/create-token/ for instructions on "
    "how to create an api token, and assign its value to CLOUDFLARE_API_TOKEN."
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, or a key with an email address; not shown by repr."""

    token: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    email: str = ""

    def headers(self) -> dict[str, str]:
        """The headers that a request carries."""
        if self.key:
            return {"X-Auth-Key": self.key, "X-Auth-Email": self.email}
        return {"Authorization": f"Bearer {self.token}"}


def find_credentials(environ: Mapping[str, str]) -> Credentials:
    """CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL, else CLOUDFLARE_API_TOKEN; also by their old names, CF_….

    Raises NoTokenError when there are none, CloudflareError when a header cannot carry them.
    """
    key, email, token = (_variable(environ, name) for name in ("API_KEY", "EMAIL", "API_TOKEN"))
    if key and email:
        return _sendable(Credentials(key=key, email=email))
    if token:
        return _sendable(Credentials(token=token))
    raise NoTokenError(_NO_TOKEN)


def base_url(environ: Mapping[str, str]) -> str:
    """Where the API is: CLOUDFLARE_API_BASE_URL, else Cloudflare's own. Raises CloudflareError for no URL."""
    url = (_variable(environ, "API_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise CloudflareError(
            f'CLOUDFLARE_API_BASE_URL is "{url}", but should begin with https:// or http://'
        )
    return url


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(f"CLOUDFLARE_{name}") or environ.get(f"CF_{name}") or ""


def _sendable(credentials: Credentials) -> Credentials:
    letters = "".join(credentials.headers().values())
    wrong = [letter for letter in letters if not " " <= letter <= "~"]
    if wrong:
        worst = max(wrong)
        raise CloudflareError(
            "The configured Cloudflare API token contains a character that cannot be used in an HTTP "
            f'Authorization header: "{worst}" (U+{ord(worst):04X}). Recreate or copy the token '
            "again, making sure it does not include characters such as ellipses."
        )
    return credentials
