// A Worker that carries out one recorded step for each request: POST {ns, op, args}, in the notation of
// the recordings, and answers {result} or {error: {name, message, sync}}.

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

function base64(buffer) {
  let text = "";
  for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}

// An array of chunks, or a function from an index to a chunk.
function stream(count, chunk) {
  let index = 0;
  return new ReadableStream({
    pull(controller) {
      if (index < count) controller.enqueue(chunk(index++));
      else controller.close();
    },
  });
}

function build(given, evaluate) {
  if (given === null || typeof given !== "object") return given;
  if (Array.isArray(given)) return given.map((item) => build(item, evaluate));
  if (given.$type === undefined) {
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, build(value, evaluate)]));
  }
  return tagged[given.$type](given, evaluate);
}

const tagged = {
  undefined: () => undefined,
  number: ({ value }) => Number(value),
  bytes: (given) => bytes(given.base64),
  arrayBuffer: (given) => bytes(given.base64).buffer,
  typedArray: (given) => {
    const Type = globalThis[given.name];
    return new Type(bytes(given.base64).buffer);
  },
  stream: ({ chunks }) => stream(chunks.length, (index) => bytes(chunks[index])),
  repeat: ({ text, count }) => text.repeat(count),
  repeatList: ({ value, count }) => Array(count).fill(value),
  concat: ({ parts }) => parts.map((part) => build(part)).join(""),
  zeros: ({ length }) => new Uint8Array(length),
  zeroStream: ({ chunk, count, extra = 0 }) =>
    stream(count + (extra ? 1 : 0), (index) => new Uint8Array(index < count ? chunk : extra)),
  failingStream: ({ chunks, message }) =>
    stream(chunks.length + 1, (index) => {
      if (index === chunks.length) throw new Error(message);
      return bytes(chunks[index]);
    }),
  js: ({ expr }, evaluate) => evaluate.eval(expr),
};

async function shown(value) {
  if (value === undefined) return { $type: "undefined" };
  if (typeof value === "number" && !(Number.isFinite(value) && !Object.is(value, -0))) {
    return { $type: "number", value: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value === null || typeof value !== "object") return value;
  if (value instanceof ArrayBuffer) return { $type: "arrayBuffer", base64: base64(value) };
  if (value instanceof ReadableStream) {
    return { $type: "stream", base64: base64(await new Response(value).arrayBuffer()) };
  }
  if (value instanceof Map) {
    return { $type: "map", entries: await Promise.all([...value].map(shown)) };
  }
  if (Array.isArray(value)) return Promise.all(value.map(shown));
  const members = await Promise.all(Object.entries(value).map(async ([name, item]) => [name, await shown(item)]));
  return Object.fromEntries(members);
}

async function sha256(content) {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const range = ({ prefix, from, to, pad = 0 }) =>
  Array.from({ length: to - from }, (_, index) => prefix + String(from + index).padStart(pad, "0"));

async function summary(keys) {
  const names = keys.map((key) => key.name);
  return {
    count: names.length,
    first: names[0] ?? null,
    last: names.at(-1) ?? null,
    names_sha256: await sha256(new TextEncoder().encode(names.join("\n"))),
  };
}

const derived = {
  async putRange(kv, spec) {
    const names = range(spec);
    while (names.length) await Promise.all(names.splice(0, 50).map((name) => kv.put(name, spec.value ?? "v")));
  },
  async getDigest(kv, key, type) {
    const value = await kv.get(key, type);
    if (typeof value !== "string") return { length: value.byteLength, sha256: await sha256(value) };
    return { length: value.length, sha256: await sha256(new TextEncoder().encode(value)) };
  },
  async listDigest(kv, options) {
    const page = await kv.list(options);
    const cursor = "cursor" in page ? { cursor: page.cursor } : {};
    return { ...(await summary(page.keys)), list_complete: page.list_complete, ...cursor };
  },
  async listAll(kv, options = {}) {
    const pages = [];
    const keys = [];
    for (let cursor; ; ) {
      const page = await kv.list({ ...options, cursor });
      pages.push(page.keys.length);
      keys.push(...page.keys);
      if (page.list_complete) return { pages, ...(await summary(keys)) };
      cursor = page.cursor;
    }
  },
  async bulkDigest(kv, spec) {
    const found = await kv.get(range(spec));
    return { size: found.size, non_null: [...found.values()].filter((value) => value !== null).length };
  },
  async bulkSizes(kv, keys) {
    const found = await kv.get(keys);
    return new Map([...found].map(([key, value]) => [key, value === null ? null : { length: value.length }]));
  },
};

function call(kv, op, args, evaluate) {
  if (op === "eval") {
    // The recordings do not say of an expression whether it threw at once.
    return Promise.resolve(kv).then(evaluate.newFunction(`return (${args[0]})`, "step", "kv"));
  }
  if (op in derived) return derived[op](kv, ...args);
  return kv[op](...args);
}

export default {
  async fetch(request, env) {
    const { ns, op, args } = await request.json();
    const kv = { "": env.KV, alias: env.ALIAS, other: env.OTHER }[ns ?? ""];
    let sync = true;
    try {
      const pending = call(kv, op, args.map((given) => build(given, env.EVALUATE)), env.EVALUATE);
      sync = false;
      return Response.json({ result: await shown(await pending) });
    } catch (error) {
      return Response.json({ error: { name: error.name, message: error.message, sync } });
    }
  },
};
