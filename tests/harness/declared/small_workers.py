"""Workers of small migrations, one for each kind that people do, and what each declares."""

# What all of them begin with: pages, and a request that says which step is meant.
STEPS = """
import hashlib
import json
import time
from urllib.parse import parse_qs, unquote, urlparse

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlparse(request.url)
        if url.path.startswith("/admin/"):
            return await self.page(url.path[7:], parse_qs(url.query).get("cursor", [None])[0])
        return await self.show(unquote(url.path[1:]))

    async def page(self, step, cursor):
        more = {"cursor": cursor} if cursor else {}
        page = await self.env.KV.list(prefix=self.PREFIX, limit=8, **more)
        for key in page["keys"]:
            await getattr(self, step)(key["name"], key.get("expiration"), key.get("metadata"))
        return Response.json({"done": page["list_complete"], "cursor": page.get("cursor")})

    def answer(self, text):
        return Response("nothing", status=404) if text is None else Response(text)

    def ends_soon(self, until):
        return until is not None and until < time.time() + 90

    def lifetime(self, until):
        return {} if until is None else {"expiration": until}

    async def show(self, name):
        return self.answer(await self.env.KV.get(self.PREFIX + name))
"""

# What all of them declare, before and behind what is their own.
BEGINNING = """
from harness import Migration

m = Migration("small", before="old", after="new", binding="KV")
ANSWERS = "same"
"""
RUNBOOK = """

@m.operator
async def runbook(op):
    await op.deploy("after")
    for step in STEPS:
        await op.until_done(f"/admin/{step}", carry="cursor")
        await op.settle()


@m.reads(PREFIX, answers=ANSWERS)
async def read(who, name):
    return (await who.get(f"/{name}")).status == 200
"""

REKEYED = """
    PREFIX = "session:"

    def hashed(self, name):
        return "s:" + hashlib.sha256(name.encode()).hexdigest()

    async def show(self, name):
        found = await self.env.KV.get(self.hashed(name))
        return self.answer(await self.env.KV.get("session:" + name) if found is None else found)

    async def copy(self, key, until, metadata):
        target = self.hashed(key.removeprefix("session:"))
        if self.ends_soon(until) or await self.env.KV.get(target) is not None:
            return
        text = await self.env.KV.get(key)
        if text is not None:
            await self.env.KV.put(target, text, metadata=metadata, **self.lifetime(until))

    async def remove(self, key, until, metadata):
        if await self.env.KV.get(self.hashed(key.removeprefix("session:"))) is not None:
            await self.env.KV.delete(key)
"""

REKEYING = """
import hashlib
PREFIX, STEPS = "session:", ("copy", "remove")

@m.becomes("session:")
def session(name, old):
    return old.at("s:" + hashlib.sha256(name.encode()).hexdigest())
"""

SPLIT = """
    PREFIX = "posts"
    SIZE = 20

    async def show(self, name):
        page = await self.env.KV.list(prefix="post:")
        old = await self.env.KV.get("posts")
        return self.answer("some" if old is not None or page["keys"] else None)

    async def page(self, step, cursor):
        first = int(cursor or 0)
        posts = json.loads(await self.env.KV.get("posts") or "[]")
        is_last = first + self.SIZE >= len(posts)
        done = await getattr(self, step)(posts[first : first + self.SIZE], is_last)
        return Response.json({"done": done, "cursor": str(first + self.SIZE)})

    async def split(self, posts, is_last):
        for post in posts:
            if await self.env.KV.get("post:" + post["id"]) is None:
                await self.env.KV.put("post:" + post["id"], post["text"])
        return is_last

    async def remove(self, posts, is_last):
        for post in posts:
            if await self.env.KV.get("post:" + post["id"]) is None:
                return True
        if is_last:
            await self.env.KV.delete("posts")
        return is_last
"""

SPLITTING = """
PREFIX, STEPS, ANSWERS = "posts", ("split", "remove"), "changed"

@m.becomes("posts")
def posts(name, old):
    if name:
        raise ValueError("not the list")
    new = old.at("post", metadata=None, expiration=None)
    return [new.at("post:" + post["id"], text=post["text"]) for post in old.json]
"""

TITLED = """
    PREFIX = "note:"

    async def title(self, key, until, metadata):
        if (metadata and "title" in metadata) or self.ends_soon(until):
            return
        text = await self.env.KV.get(key)
        if text is not None:
            shown = {"title": text.partition("\\n")[0]}
            await self.env.KV.put(key, text, metadata=shown, **self.lifetime(until))
"""

TITLING = """
PREFIX, STEPS = "note:", ("title",)

@m.becomes("note:")
def note(name, old):
    if old.metadata and "title" in old.metadata:
        return old
    return old.at(old.key, metadata={"title": old.text.partition("\\n")[0]})
"""

INDEXED = """
    PREFIX = "user:"

    async def index(self, key, until, metadata):
        text = await self.env.KV.get(key)
        if text is not None and not self.ends_soon(until):
            email = json.loads(text)["email"]
            if await self.env.KV.get("email:" + email) is None:
                await self.env.KV.put("email:" + email, key.removeprefix("user:"), **self.lifetime(until))
"""

INDEXING = """
PREFIX, STEPS = "user:", ("index",)

@m.becomes("user:")
def user(name, old):
    return [old, old.at("email:" + old.json["email"], text=name, metadata=None)]
"""

LAZY = """
    PREFIX = "doc:"

    async def show(self, name):
        found = await self.env.KV.get("v2:" + name)
        if found is None:
            found = await self.moved("doc:" + name)
        return self.answer(found)

    async def moved(self, key):
        page = await self.env.KV.list(prefix=key, limit=100)
        text = await self.env.KV.get(key)
        found = [one for one in page["keys"] if one["name"] == key]
        if text is not None and found and not self.ends_soon(found[0].get("expiration")):
            until = self.lifetime(found[0].get("expiration"))
            await self.env.KV.put("v2:" + key[4:], text, metadata=found[0].get("metadata"), **until)
        return text

    async def touch(self, key, until, metadata):
        if await self.env.KV.get("v2:" + key[4:]) is None:
            await self.moved(key)

    async def remove(self, key, until, metadata):
        if await self.env.KV.get("v2:" + key[4:]) is not None:
            await self.env.KV.delete(key)
"""

MOVING_LAZILY = """
PREFIX, STEPS = "doc:", ("touch", "remove")

@m.becomes("doc:")
def doc(name, old):
    return old.at("v2:" + name)
"""

TWO_NAMESPACES = """
from harness import Migration

m = Migration("two", binding="OLD")

@m.becomes("", binding="OLD")
def entry(name, old):
    return old.at(name, binding="NEW")

@m.each("", binding="OLD", to="NEW")
async def migrate_one(kv, key, entry):
    await kv.put(key, entry.value, **entry.options)
"""
