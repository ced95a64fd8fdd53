"""Short links move from JSON to a URL with metadata: `rehearse run migration.py --from links.json`."""

from harness import Entry, Migration

links = Migration("links", before="old", after="careful", binding="LINKS", notes=["gone:"])


@links.becomes("link:")
def link(name: str, old: Entry) -> Entry:
    shown = {"owner": old.json["owner"], "created": old.json["created"]}
    return old.at(f"v2:link:{name}", text=old.json["url"], metadata=shown)


@links.operator
async def runbook(op):
    await op.deploy("after")
    for step in ("copy", "remove", "sweep"):
        await op.until_done(f"/admin/{step}", carry="cursor")
        await op.settle()


@links.reads("link:")
async def follow(who, name):
    return (await who.get(f"/{name}")).status == 302


@links.changes("link:")
async def remove(who, name):
    if (await who.delete(f"/api/links/{name}")).ok:
        who.gone(name)


@links.changes("link:")
async def create(who, name):
    new = f"{name[:40]}-by-{who.name}"  # of a length that people choose
    if (
        await who.post("/api/links", json={"id": new, "url": "https://example.com/new", "owner": who.name})
    ).ok:
        who.made(new)


@links.invariant
def marks_end(before, after):  # only its own end removes a mark
    marks = [entry for key, entry in after.items() if key.startswith("gone:")]
    return all(mark.expiration is not None for mark in marks)
