// Durable Objects that do what they are asked, and the Worker that asks them: for the real workerd.
import { DurableObject } from "cloudflare:workers";

const encoded = (value) =>
  value === undefined ? { undefined: true } : value instanceof Map ? { map: [...value] } : value;

class Base extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.seen = [];
    this.count = 0;
  }
  async run(operations) {
    const answers = [];
    for (const [name, ...given] of operations) {
      try {
        answers.push(encoded(await this.ctx.storage[name](...given)));
      } catch (error) {
        answers.push({ error: `${error}` });
      }
    }
    return answers;
  }
  async big(kind, size) {
    const key = kind === "key" ? "k".repeat(size) : "v";
    try {
      await this.ctx.storage.put(key, kind === "text" ? "v".repeat(size) : "v");
      return "stored";
    } catch (error) {
      return `${error}`;
    }
  }
  async gate() {
    this.seen.push("in");
    await this.ctx.storage.get("x");
    this.seen.push("read");
    await this.ctx.storage.put("x", 1);
    this.seen.push("written");
    await new Promise((done) => setTimeout(done, 20));
    this.seen.push("waited");
    return this.seen.length;
  }
  async visible() {
    return this.seen;
  }
  async transactions() {
    const storage = this.ctx.storage;
    const seen = {};
    await storage.put("t", 0);
    seen.thrown = await storage
      .transaction(async (txn) => {
        await txn.put("t", 1);
        seen.inside = await txn.get("t");
        throw new Error("no");
      })
      .catch((error) => `${error}`);
    seen.afterThrown = await storage.get("t");
    seen.rolledBack = await storage.transaction(async (txn) => {
      await txn.put("t", 2);
      txn.rollback();
      return "result";
    });
    seen.afterRollback = await storage.get("t");
    seen.late = await storage
      .transaction(async (txn) => {
        txn.rollback();
        await txn.put("t", 3);
      })
      .catch((error) => `${error}`);
    seen.value = await storage.transaction(async (txn) => {
      await txn.put("t", 4);
      return "fine";
    });
    seen.afterValue = await storage.get("t");
    seen.sync = storage.transactionSync(() => {
      storage.put("t", 5);
      return 7;
    });
    seen.afterSync = await storage.get("t");
    try {
      storage.transactionSync(() => {
        storage.put("t", 6);
        throw new Error("sync");
      });
    } catch (error) {
      seen.syncThrown = `${error}`;
    }
    seen.afterSyncThrown = await storage.get("t");
    return seen;
  }
  async block() {
    this.ctx.blockConcurrencyWhile(async () => {
      throw new Error("blocked");
    });
    await new Promise((done) => setTimeout(done, 10));
    return "after";
  }
  async counted() {
    return ++this.count;
  }
  async die() {
    this.ctx.storage.put("unflushed", 1);
    this.ctx.abort("because");
  }
  async fail() {
    this.ctx.storage.put("kept", 1);
    throw new RangeError("oops");
  }
  async literals() {
    const twice = { x: 1 };
    await this.ctx.storage.put({
      array: [1, [2, "x"], { a: [] }, undefined, null],
      bigint: 2n ** 70n,
      buffer: new Uint8Array([1, 2, 255]).buffer,
      bytes: new Uint8Array([1, 2, 255]),
      date: new Date(1795000000123),
      map: new Map([["a", 1], [2, new Map()]]),
      minus: -(2n ** 64n),
      set: new Set(["a"]),
      twice: [twice, twice, new Uint8Array([7]), twice],
    });
    return null;
  }
  async echo(...given) {
    return given;
  }
}

export class Probe extends Base {}

export class Ringing extends Base {
  async alarm(info) {
    const rings = (await this.ctx.storage.get("rings")) ?? [];
    rings.push({ retryCount: info.retryCount, isRetry: info.isRetry, alarm: await this.ctx.storage.getAlarm() });
    await this.ctx.storage.put("rings", rings);
    if (rings.length <= ((await this.ctx.storage.get("failures")) ?? 0)) throw new Error("alarm fails");
    const again = await this.ctx.storage.get("again");
    if (again) await this.ctx.storage.setAlarm(again);
  }
}

export class Broken extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    throw new RangeError("no birth");
  }
  async counted() {
    return 1;
  }
}

function ids(namespace) {
  const tried = (attempt) => {
    try {
      return `${attempt()}`;
    } catch (error) {
      return `${error}`;
    }
  };
  const named = namespace.idFromName("default-queue");
  const unique = namespace.newUniqueId();
  const again = namespace.idFromString(named.toString());
  return {
    text: named.toString(),
    name: named.name,
    equal: named.equals(namespace.idFromName("default-queue")),
    uniqueLength: unique.toString().length,
    uniqueIsKnown: namespace.idFromString(unique.toString()).equals(unique),
    again: again.equals(named),
    otherName: namespace.idFromName("日本 / x").toString(),
    short: tried(() => namespace.idFromString("xyz")),
    foreign: tried(() => namespace.idFromString("0".repeat(64))),
    noId: tried(() => namespace.get("text")),
    noName: tried(() => namespace.idFromName()),
    stub: namespace.get(named).name,
  };
}

export default {
  async fetch(request, env) {
    const { namespace, name, method, given } = await request.json();
    if (method === "ids") return Response.json(ids(env[namespace]));
    const stub = env[namespace].getByName(name);
    try {
      if (method === "gates") {
        await Promise.all([stub.gate(), stub.gate()]);
        return Response.json(await stub.visible());
      }
      return Response.json(encoded(await stub[method](...given)));
    } catch (error) {
      const { remote, retryable, durableObjectReset } = error;
      const known = { remote, retryable, durableObjectReset };
      return Response.json({ thrown: `${error}`, ...JSON.parse(JSON.stringify(known)) });
    }
  },
};
