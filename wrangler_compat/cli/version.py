"""The version of the program, as ``--version`` and the banner show it."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("understudy")
    except PackageNotFoundError:
        return "0+unknown"


VERSION = _installed()
USER_AGENT = f"wrangler-compat/{VERSION}"
