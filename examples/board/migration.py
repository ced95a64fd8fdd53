"""A board's posts, a list in one key, get a key each: `rehearse run migration.py --from board.json`."""

from harness import Entry, Migration

board = Migration("board", before="old", after="careful", binding="BOARD", notes=["gone:"])


@board.becomes("board:")
def posts(name: str, old: Entry) -> list[Entry]:
    return [
        old.at(f"post:{name}:{post['id']}", text=post["text"], metadata={"author": post["author"]})
        for post in old.json
    ]


@board.operator
async def runbook(op):
    await op.deploy("after")
    for step in ("copy", "remove", "sweep"):
        await op.until_done(f"/admin/{step}", carry="cursor")
        await op.settle()


@board.reads("board:")
async def show(who, name):
    return (await who.get(f"/boards/{name}")).status == 200


@board.changes("board:")
async def close(who, name):
    if (await who.delete(f"/boards/{name}")).ok:
        who.gone(name)


@board.changes("board:")
async def open_another(who, name):
    new = f"{name[:40]}-by-{who.name}"
    post = {"id": "1", "text": "the first", "author": who.name}
    if (await who.put(f"/boards/{new}", json=[post])).ok:
        who.made(new)
