// The Worker that asks, and the one that answers: they differ in their configurations.
import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

function shown(value) {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "object") return `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`;
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof Date) return `Date ${value.getTime()}`;
  if (value instanceof Map) return ["Map", ...[...value].map(shown)];
  if (value instanceof Set) return ["Set", ...[...value].map(shown)];
  if (value instanceof Error) return [value.name, value.message.trim().split("\n").pop()];
  if (value instanceof ArrayBuffer) return ["ArrayBuffer", ...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return [value.constructor.name, ...[...value].map(String)];
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shown(one)]));
}

const VALUES = {
  none: null, nothing: undefined, yes: true, text: "ü\u{1F600}", lone: "\ud800", number: 1.5, zero: -0, nan: NaN, big: 2n ** 64n,
  date: new Date(86400000), map: new Map([["a", 1]]), set: new Set([1]), bytes: new Uint8Array([1, 255]),
  buffer: new Uint8Array([2]).buffer, floats: new Float64Array([0.5]), list: [[1], {}], error: new RangeError("far"),
};

async function tried(call) {
  try { return await call(); } catch (error) { return ["threw", error.name, error.message.trim().split("\n").pop()]; }
}

class Counter extends RpcTarget {}

class Coded extends Error {
  name = "Coded";
}

const MADE = {
  values: () => VALUES,
  twice: () => { const one = { a: 1 }; return [one, one]; },
  circle: () => { const one = []; one.push(one); return one; },
  later: () => Promise.resolve("later"),
  range: () => { throw new RangeError("too far"); },
  coded: () => { throw new Coded("of its own"); },
  plain: () => { throw "no error"; },
  rejected: () => Promise.reject(new TypeError("rejected")),
  function: () => () => 1,
  stub: () => new Counter(),
  response: () => new Response("body"),
};

export default class extends WorkerEntrypoint {
  async fetch(request) {
    const { make, echo } = await request.json(), told = {};
    for (const name of echo) told[name] = await tried(async () => shown((await this.env.ANSWERS.echo(VALUES[name]))[0]));
    for (const name of make) told[name] = await tried(async () => shown(await this.env.ANSWERS.make(name)));
    told.arguments = await tried(() => this.env.ANSWERS.shown());
    told.function = await tried(() => this.env.ANSWERS.echo(() => 1).then(() => "sent"));
    told.object = await tried(() => this.env.ANSWERS.echo(new (class Own {})()).then(() => "sent"));
    return Response.json(told);
  }
  echo(...given) { return given; }
  shown(...given) { return given.map(shown); }
  make(name) { return MADE[name](); }
}
