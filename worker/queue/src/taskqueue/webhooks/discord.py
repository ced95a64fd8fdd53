"""Discord's interactions.

The original answers first and enqueues behind the answer, where the runtime may cancel it (H71); here the
task is in the queue before Discord hears that it is.
"""

from typing import Any

from workers import Request

from taskqueue.environment import setting
from taskqueue.javascript import text
from taskqueue.requests.reply import Reply, json_reply
from taskqueue.webhooks.event import Event, child, invalid, present, read_payload, words
from taskqueue.webhooks.producer import accept

PING, COMMAND = 1, 2
PONG, DEFERRED = {"type": 1}, {"type": 5}


async def receive(request: Request, env: Any) -> Reply:
    # Ed25519 is not in the standard library: a signature that cannot be verified is not one.
    if setting(env, "DISCORD_PUBLIC_KEY") is not None:
        raise invalid(
            "Invalid signature: DISCORD_PUBLIC_KEY is set, but this Worker cannot verify Ed25519", 401
        )
    interaction = read_payload(await request.text())
    if not isinstance(interaction, dict):
        raise invalid("Invalid Discord interaction")
    if interaction.get("type") == PING:
        return json_reply(PONG)
    if not words(interaction.get("id")):
        raise invalid("Invalid Discord interaction")
    accepted = await accept(_event(interaction), env)
    return json_reply(DEFERRED) if accepted.status == 200 else accepted


def _event(interaction: dict[str, Any]) -> Event:
    user = child(child(interaction, "member"), "user")
    metadata = {
        **present(user, {"user": "id", "username": "username"}),
        "channel": words(interaction.get("channel_id")),
        "channelName": "unknown",
        **present(interaction, {"guildId": "guild_id", "interactionToken": "token"}),
        "rule": None,
    }
    return Event(
        id=f"discord_{interaction['id']}",
        source="discord",
        type="command" if interaction.get("type") == COMMAND else "interaction",
        content=_content(interaction),
        metadata=metadata,
    )


def _content(interaction: dict[str, Any]) -> str:
    """A slash command with its options, else the text of the message."""
    command = child(interaction, "data")
    name = words(command.get("name"))
    if not name:
        return words(child(interaction, "message").get("content"))
    options = command.get("options")
    given = [option for option in options if isinstance(option, dict)] if isinstance(options, list) else []
    pairs = [f"{text(option.get('name'))}:{text(option.get('value'))}" for option in given]
    return f"/{name} {' '.join(pairs)}".strip()
