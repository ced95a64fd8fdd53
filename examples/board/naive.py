"""The same migration as one writes it first: `rehearse run naive.py --from board.json` says what it
would do.
"""

from harness import Entry, Migration

board = Migration("board", before="old", after="naive", binding="BOARD")


@board.becomes("board:")
def posts(name: str, old: Entry) -> list[Entry]:
    return [
        old.at(f"post:{name}:{post['id']}", text=post["text"], metadata={"author": post["author"]})
        for post in old.json
    ]


@board.operator
async def runbook(op):
    await op.deploy("after")
    await op.until_done("/admin/migrate")


@board.reads("board:")
async def show(who, name):
    return (await who.get(f"/boards/{name}")).status == 200


@board.changes("board:")
async def close(who, name):
    if (await who.delete(f"/boards/{name}")).ok:
        who.gone(name)
