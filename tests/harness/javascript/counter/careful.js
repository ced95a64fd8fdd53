// An object adds, and KV has a copy for readers. Each object takes its counter over by itself, once.
import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  taken() {
    return this.ctx.blockConcurrencyWhile(async () => {
      const known = await this.ctx.storage.get("counter");
      if (known !== undefined) return known;
      const counter = (await this.stored("total:")) ?? (await this.stored("count:"));
      if (counter !== undefined) await this.ctx.storage.put("counter", counter);
      return counter;
    });
  }
  async stored(prefix) {
    const name = prefix + this.ctx.id.name;
    const { value: count, metadata } = await this.env.KV.getWithMetadata(name);
    if (count === null) return undefined;
    const { keys } = await this.env.KV.list({ prefix: name });
    return { count, options: { expiration: keys.find((key) => key.name === name)?.expiration, metadata } };
  }
  async copy() {
    if ((await this.taken()) === undefined) return;
    const { count, options } = await this.ctx.storage.get("counter");
    await this.env.KV.put(`total:${this.ctx.id.name}`, count, options);
  }
  async add() {
    const counter = await this.taken();
    if (counter === undefined) return null;
    const count = Number(counter.count) + 1;
    await this.ctx.storage.put("counter", { ...counter, count: String(count) });
    await this.copy();
    return count;
  }
}

async function* names(KV) {
  for (let cursor, page; page?.list_complete !== true; cursor = page.cursor) {
    page = await KV.list({ prefix: "count:", cursor });
    for (const key of page.keys) yield key.name.slice(6);
  }
}

export default {
  async fetch(request, { KV, COUNTER }) {
    const [, name, action] = new URL(request.url).pathname.split("/");
    if (name === "admin") {
      for await (const one of names(KV)) {
        if (action === "copy") await COUNTER.getByName(one).copy();
        else if ((await KV.get(`total:${one}`)) !== null) await KV.delete(`count:${one}`);
      }
      return Response.json({ done: true });
    }
    const count = (await KV.get(`total:${name}`)) ?? (await KV.get(`count:${name}`));
    if (count === null) return new Response("none", { status: 404 });
    return Response.json(action === "add" ? await COUNTER.getByName(name).add() : Number(count));
  },
};
