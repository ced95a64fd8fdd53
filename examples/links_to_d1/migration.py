"""Short links move from KV to D1: `rehearse run migration.py --from links.json`."""

from harness import Entry, Migration, Row

links = Migration(
    "links-to-d1",
    before="old",
    dual=("careful", {"MODE": "dual"}),
    after=("careful", {"MODE": "d1"}),
    binding="LINKS",
)


@links.becomes("link:")
def link(name: str, old: Entry) -> Row:
    owner = (old.metadata or {}).get("owner")
    return Row("links", {"name": name, "url": old.text, "owner": owner, "expires": old.expiration})


@links.operator
async def runbook(op):
    await op.deploy("dual")
    await op.until_done("/admin/backfill", carry="cursor")
    await op.settle()
    await op.until_done("/admin/compare", carry="cursor")
    await op.deploy("after")
    await op.until_done("/admin/cleanup", carry="cursor")


@links.reads("link:")
async def follow(who, name):
    return (await who.get(f"/{name}")).status == 302


@links.changes("link:")
async def remove(who, name):
    if (await who.delete(f"/api/links/{name}")).ok:
        who.gone(name)


@links.changes("link:")
async def replace(who, name):
    newer = {"id": name, "url": "https://example.com/newer", "owner": who.name}
    if (await who.post("/api/links", json=newer)).ok:
        who.made(name)


@links.changes("link:")
async def create(who, name):
    new = f"{name[:40]}-by-{who.name}"  # of a length that people choose
    if (
        await who.post("/api/links", json={"id": new, "url": "https://example.com/new", "owner": who.name})
    ).ok:
        who.made(new)
