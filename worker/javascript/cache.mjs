// What the Cache API of the user's Worker asks: answers in the memory of this process, by namespace and URL.
// workerd sends GET for match, PUT with a whole HTTP answer as its body for put, and PURGE for delete.
const kept = new Map();
const FOREVER = Infinity;

export default {
  async fetch(request) {
    const key = `${request.headers.get("cf-cache-namespace") ?? ""} ${request.url}`;
    if (request.method === "PUT") return put(key, new Uint8Array(await request.arrayBuffer()));
    if (request.method === "PURGE") return new Response(null, { status: kept.delete(key) ? 200 : 404 });
    const found = kept.get(key);
    if (found === undefined || found.ends <= Date.now()) {
      kept.delete(key);
      return new Response(null, { status: 504, headers: { "cf-cache-status": "MISS" } });
    }
    const headers = new Headers(found.headers);
    headers.set("cf-cache-status", "HIT");
    return new Response(found.body, { status: found.status, headers, encodeBody: "manual" });
  },
};

function put(key, message) {
  const end = headEnd(message);
  const [first, ...lines] = new TextDecoder("latin1").decode(message.subarray(0, end)).split("\r\n");
  const headers = lines.filter(Boolean).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const named = new Map(headers);
  let body = message.subarray(end + 4);
  if (/chunked/i.test(named.get("transfer-encoding") ?? "")) body = unchunked(body);
  const ends = lifetime(named);
  if (ends !== undefined) {
    const status = Number(first.split(" ")[1]);
    const own = headers.filter(([name]) => name !== "transfer-encoding");
    kept.set(key, { status, headers: own, body, ends });
  }
  return new Response(null, { status: 204 });
}

// When the answer is no longer kept; undefined when it may not be kept at all.
function lifetime(headers) {
  const rules = (headers.get("cache-control") ?? "").toLowerCase();
  if (/no-store|no-cache|private/.test(rules)) return undefined;
  if (headers.has("set-cookie") && !/private=set-cookie/.test(rules)) return undefined;
  const age = /s-maxage=(\d+)/.exec(rules) ?? /max-age=(\d+)/.exec(rules);
  if (age) return Number(age[1]) > 0 ? Date.now() + Number(age[1]) * 1000 : undefined;
  const expires = Date.parse(headers.get("expires") ?? "");
  return Number.isNaN(expires) ? FOREVER : expires;
}

function headEnd(message) {
  for (let at = 0; at + 3 < message.length; at++) {
    if (message[at] === 13 && message[at + 1] === 10 && message[at + 2] === 13 && message[at + 3] === 10) return at;
  }
  return message.length;
}

function unchunked(body) {
  const pieces = [];
  let at = 0;
  while (at < body.length) {
    const end = body.indexOf(10, at);
    const size = parseInt(new TextDecoder().decode(body.subarray(at, end)), 16);
    if (!(size > 0)) break;
    pieces.push(body.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 2;
  }
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}
