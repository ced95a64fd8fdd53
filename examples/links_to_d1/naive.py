"""The same migration as one writes it first: `rehearse run naive.py --from links.json` says what it
would do.
"""

from harness import Entry, Migration, Row

links = Migration("links-to-d1", before="old", after="naive", binding="LINKS")


@links.becomes("link:")
def link(name: str, old: Entry) -> Row:
    owner = (old.metadata or {}).get("owner")
    return Row("links", {"name": name, "url": old.text, "owner": owner, "expires": old.expiration})


@links.operator
async def runbook(op):
    await op.deploy("after")
    await op.until_done("/admin/migrate")


@links.reads("link:")
async def follow(who, name):
    return (await who.get(f"/{name}")).status == 302


@links.changes("link:")
async def remove(who, name):
    if (await who.delete(f"/api/links/{name}")).ok:
        who.gone(name)
