// Stands before the user's Worker: time, chance, timers, KV and D1 follow the simulation, not the machine.
//
// Whatever takes time is held by the server on the other side, and counted here: `started`, and `done` when its
// answer has been taken in. A KV answer brings the time along where the binding shows it: in `cacheStatus`, or in
// the text of an error (599 stands for success where nothing else is told, 598 for an error without a prefix).
import { env } from "cloudflare:workers";
import { follow as followD1 } from "d1";
import { followed } from "date";

const SERVER = env.UNDERSTUDY;
delete env.UNDERSTUDY;
// The isolate that has the Durable Objects handles several events at a time: each asks by bindings of its own, and in
// its course `env` has it as EVENT.
export const EVENT = Symbol("event");
const OF_EVENT = /^understudy (\d+) (.*)$/s;
const ofEvents = [];
for (const name of Object.keys(env)) {
  const [, event, binding] = OF_EVENT.exec(name) ?? [];
  if (event === undefined) continue;
  (ofEvents[event] ??= new Map()).set(env[binding] ?? SERVER, env[name]);
  delete env[name];
}
// The binding by which that which runs asks what `binding` is asked.
function own(binding) {
  if (ofEvents.length === 0) return binding;
  const event = env[EVENT];
  if (event === undefined) throw new Error("what a Durable Object does outside of its events is not emulated in a rehearsal");
  return ofEvents[event.number].get(binding) ?? binding;
}
// The simulation ends the object that runs.
function crash() {
  env[EVENT].ctx.abort("Network connection lost.");
}
const MARK = "\u0000understudy";
const OUTSIDE = "Disallowed operation called within global scope. Asynchronous I/O, setting a timeout, and generating "
  + "random values are not allowed within global scope.";
const TOLD = /^(.* failed: )(\d+) (\d+) ?(.*)$/s;

export const state = { invocation: null };
export const listeners = {};

// As on the platform, no request is there while a module is evaluated, and no time has begun.
export function forget() {
  state.invocation = null;
  for (const type of Object.keys(listeners)) delete listeners[type];
}

export function begin({ request: number, generation, now, seed, outside = false }) {
  const [a, b, c, d] = seed;
  const counts = { started: 0, done: 0, most: 0, waiting: 0, answered: 0 };
  return (state.invocation = { number, generation, now, outside, origin: now, a, b, c, d, ...counts, said: [], failed: [] });
}

// An event of a Durable Object: whatever else its isolate does goes on.
export function goOn(about) {
  const { invocation } = state;
  if (invocation?.generation !== about.generation) return begin(about);
  return Object.assign(invocation, { number: about.request, now: about.now, most: invocation.started - invocation.done });
}

function start() {
  const { invocation } = state;
  if (invocation === null) throw new Error(OUTSIDE);
  invocation.started++;
  invocation.most = Math.max(invocation.most, invocation.started - invocation.done);
  return invocation;
}

// Ask the server for anything but a timer; the answer says what time it is.
export async function ask(path, init) {
  const invocation = start();
  const answer = await own(SERVER).fetch(`http://understudy/${path}`, init);
  if (answer.headers.has("understudy-crashed")) crash();
  const content = await answer.arrayBuffer();
  invocation.now = +answer.headers.get("understudy-now");
  invocation.done++;
  return { told: JSON.parse(answer.headers.get("understudy-told")), content };
}

// JSON that a header can hold.
export const headed = (about) => JSON.stringify(about).replace(/[^\x20-\x7e]/g, (one) =>
  "\\u" + one.charCodeAt(0).toString(16).padStart(4, "0"));

// Whatever is done with such a binding throws an error that names it.
export function refusing(name, kind) {
  const refuse = () => { throw new Error(`env.${name} is bound to a resource that is not emulated here: ${kind}`); };
  return new Proxy(function () {}, { get: refuse, has: refuse, set: refuse, apply: refuse, construct: refuse });
}

// --- KV -------------------------------------------------------------------------------------------------------

async function held(work, taken) {
  const invocation = start();
  try {
    const found = await work();
    taken(found, invocation);
    invocation.done++;
    return found;
  } catch (error) {
    const told = TOLD.exec(error?.message);
    if (told === null) {
      invocation.started--; // refused before anything was sent
      throw error;
    }
    const [, prefix, status, now, text] = told;
    invocation.now = +now;
    invocation.done++;
    if (status === "599") return undefined;
    if (status === "597") crash();
    const message = status === "598" ? text : `${prefix}${status} ${text}`;
    error.message = message;
    // The stack of the caller names the user's line; that of workerd's own error may not.
    error.stack = String(new Error().stack).replace(/^Error/, () => `${error.name}: ${message}`);
    throw error;
  }
}

const shown = (found, invocation) => {
  invocation.now = +found.cacheStatus;
  found.cacheStatus = null;
};
const many = (found, invocation) => {
  const mark = found.get(MARK);
  invocation.now = +(mark?.value ?? mark);
  found.delete(MARK);
};

const valueOf = async (found) => (await found).value;

function follow(prototype) {
  const { get, getWithMetadata, put, delete: remove, list } = prototype;
  const reading = (read, name) =>
    function (...given) {
      if (Array.isArray(given[0])) return held(() => read.apply(own(this), given), many);
      if (given.length === 0) return read.apply(this, given);
      const found = held(() => getWithMetadata.apply(own(this), given), shown);
      return name === "get" ? valueOf(found) : found;
    };
  prototype.get = reading(get, "get");
  prototype.getWithMetadata = reading(getWithMetadata, "getWithMetadata");
  prototype.list = function (...given) { return held(() => list.apply(own(this), given), shown); };
  prototype.put = function (...given) { return held(() => put.apply(own(this), given), () => {}); };
  prototype.delete = function (...given) { return held(() => remove.apply(own(this), given), () => {}); };
}
const namespace = Object.values(env).find((one) => typeof one?.getWithMetadata === "function");
if (namespace) follow(Object.getPrototypeOf(namespace));

// --- D1 -------------------------------------------------------------------------------------------------------

followD1(env, async (call) => {
  const invocation = start();
  const answer = await call();
  invocation.now = +answer.headers.get("understudy-now");
  invocation.done++;
  return answer;
});

// --- time -----------------------------------------------------------------------------------------------------

const now = () => state.invocation?.now ?? 0;
followed(now);
performance.now = () => now() - (state.invocation?.origin ?? 0);

let timers = 0;
const live = new Map();
function sleep(milliseconds, then) {
  const id = ++timers, controller = new AbortController(), invocation = start();
  live.set(id, controller);
  const url = `http://understudy/sleep?ms=${Math.max(0, Math.ceil(+milliseconds || 0))}`;
  own(SERVER).fetch(url, { signal: controller.signal }).then(async (response) => {
    const time = +(await response.text());
    invocation.now = time;
    invocation.done++;
    if (live.has(id)) then(id);
  }).catch((error) => { if (live.delete(id)) throw error; invocation.started--; });
  return id;
}
globalThis.setTimeout = (callback, milliseconds = 0, ...given) =>
  sleep(milliseconds, (id) => { live.delete(id); callback(...given); });
globalThis.setInterval = (callback, milliseconds = 0, ...given) => {
  let inner;
  const id = ++timers;
  const again = () => { inner = sleep(milliseconds, (own) => { live.delete(own); again(); callback(...given); }); };
  live.set(id, { abort: () => clearTimeout(inner) });
  again();
  return id;
};
globalThis.clearTimeout = globalThis.clearInterval = (id) => {
  const controller = live.get(id);
  live.delete(id);
  controller?.abort();
};
const wait = (milliseconds, { signal } = {}) => new Promise((resolve, reject) => {
  signal?.throwIfAborted();
  const id = setTimeout(resolve, milliseconds);
  signal?.addEventListener("abort", () => { clearTimeout(id); reject(signal.reason); });
});
Object.defineProperty(globalThis.scheduler ?? {}, "wait", { value: wait, configurable: true, writable: true });
AbortSignal.timeout = (milliseconds) => {
  const controller = new AbortController();
  const late = () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  setTimeout(late, milliseconds);
  return controller.signal;
};

// --- chance ---------------------------------------------------------------------------------------------------

function draw() { // sfc32
  const one = state.invocation;
  if (one === null) throw new Error(OUTSIDE);
  const t = (((one.a + one.b) | 0) + one.d) | 0;
  one.d = (one.d + 1) | 0;
  one.a = one.b ^ (one.b >>> 9);
  one.b = (one.c + (one.c << 3)) | 0;
  one.c = (((one.c << 21) | (one.c >>> 11)) + t) | 0;
  return t >>> 0;
}
Math.random = () => draw() / 4294967296;
const fill = (array) => {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let at = 0; at < bytes.length; at++) bytes[at] = draw();
  return array;
};
crypto.getRandomValues = fill;
crypto.randomUUID = () => {
  const bytes = fill(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
};

// --- the outside ----------------------------------------------------------------------------------------------

const REDIRECTS = [301, 302, 303, 307, 308], MOST_REDIRECTS = 20;

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  let { method, url } = request;
  if (!state.invocation?.outside) throw new Error(`${method} ${url} is refused: nothing leaves a rehearsal`);
  let body = request.body === null ? undefined : await request.arrayBuffer();
  for (let times = 0; times <= MOST_REDIRECTS; times++) {
    const asked = headed({ method, url, headers: [...request.headers] });
    const { told, content } = await ask("fetch", { method: "POST", headers: { "understudy-asked": asked }, body });
    if (told.refused) throw new Error(told.refused);
    const answer = new Response(content.byteLength ? content : null, told);
    Object.defineProperties(answer, { url: { value: url }, redirected: { value: times > 0 } });
    const to = REDIRECTS.includes(told.status) && request.redirect === "follow" && answer.headers.get("location");
    if (!to) return answer;
    url = new URL(to, url).href;
    if (told.status === 303 || (told.status < 303 && method === "POST")) [method, body] = ["GET", undefined];
  }
  throw new TypeError("Too many redirects");
};

// --- what it prints -------------------------------------------------------------------------------------------

function shownAs(value) {
  if (typeof value === "string") return value;
  if (value instanceof Error) return String(value.stack ?? value);
  try {
    return (typeof value === "object" && JSON.stringify(value)) || String(value);
  } catch {
    return String(value);
  }
}
for (const level of ["debug", "error", "info", "log", "warn"]) {
  console[level] = (...given) => { state.invocation?.said.push([level, given.map(shownAs).join(" ")]); };
}

// What the server tells with a request is not for the Worker to see.
const cf = Object.getOwnPropertyDescriptor(Request.prototype, "cf");
if (cf?.get) {
  const read = cf.get;
  const hidden = new WeakMap();
  Object.defineProperty(Request.prototype, "cf", {
    ...cf,
    get() {
      const all = read.call(this);
      if (!all?.understudy) return all;
      if (!hidden.has(all)) {
        const { understudy, ...rest } = all;
        hidden.set(all, Object.freeze(rest));
      }
      return hidden.get(all);
    },
  });
}
export const told = (request) => (cf?.get ? cf.get.call(request) : request.cf).understudy;

globalThis.addEventListener = (type, listener) => { listeners[type] = listener; };
