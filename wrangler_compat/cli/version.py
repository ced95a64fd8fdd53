"""The version of the program, as ``--version`` and the banner show it."""

from worker.distribution import installed_version

VERSION = installed_version()
USER_AGENT = f"wrangler-compat/{VERSION}"
