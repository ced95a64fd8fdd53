"""codeQ's own claim script, where a server makes claims depend on it: from a file of the operator's."""

from hashlib import sha1
from pathlib import Path

from harness.migrations.redis.keyspace.capability import Capability
from harness.migrations.redis.keyspace.errors import Refused
from worker.codeq import CLAIM_SHA, Server

NEEDED = (
    f"codeQ's claims answer 500 on this server until codeQ's own claim script (sha1 {CLAIM_SHA}) is loaded, "
    "and again after each restart of the server"
)
HOW = "take the script from codeQ's source and give it with --claim-script FILE, or SCRIPT LOAD it yourself"


def read_claim_script(path: Path) -> str:
    """The script in ``path``, if it is the one that codeQ asks for. Raises Refused.

    A line's end that an editor has added at the end of the file, or taken away, does not matter.
    """
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused([f"cannot read the claim script {path}: {error}"]) from error
    for one in (text, text.removesuffix("\n"), f"{text}\n"):
        if _sha(one) == CLAIM_SHA:
            return one
    raise Refused(
        [
            f"{path} is not the claim script that codeQ asks for: its sha1 is {_sha(text)}, not {CLAIM_SHA}; "
            "the script is what stands between the backquotes in codeQ's source, its first line empty"
        ]
    )


async def is_missing(server: Server, able: Capability) -> bool:
    """Whether codeQ's claims fail on ``server`` for want of its script. Raises ServerError."""
    return not able.bare_noscript and not (await server.call("SCRIPT EXISTS", CLAIM_SHA))[0]


def _sha(text: str) -> str:
    return sha1(text.encode()).hexdigest()
