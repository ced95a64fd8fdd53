// In front of the user's Worker in a simulation: begins an invocation, hands the request on untouched, and says
// with the answer what is still under way. The module is evaluated anew for every run.
import { begin, forget, goOn, headed, listeners, refusing, state, told } from "prelude";
import { bindings, ring } from "objects";
import { deliver, described, stubs } from "hosted";
import * as platform from "cloudflare:workers";
import evaluate, { modules } from "again";

const WITHOUT_BODY = [101, 204, 205, 304];

// In a test, Durable Objects are in the isolate that calls them.
const tested = platform.env.UNDERSTUDY_TESTED;
delete platform.env.UNDERSTUDY_TESTED;

// The bindings that are not emulated: whatever is done with one throws an error that names it.
const missing = Object.entries(platform.env.UNDERSTUDY_ABSENT);
delete platform.env.UNDERSTUDY_ABSENT;
const absent = missing.length > 0 ? Object.fromEntries(missing.map(([name, kind]) => [name, refusing(name, kind)])) : null;

const ours = new Set(Reflect.ownKeys(globalThis));

export default {
  async fetch(request, env, ctx) {
    const about = told(request);
    if (about.asks) return asked();
    const invocation = about.event ? goOn(about) : begin(about);
    const wait = ctx.waitUntil.bind(ctx);
    ctx.waitUntil = (work) => {
      invocation.waiting++;
      const settled = () => { invocation.waiting--; };
      const failed = (error) => { settled(); invocation.failed.push(String(error?.stack ?? error)); };
      Promise.resolve(work).then(settled, failed);
      wait(work);
    };
    const extra = {};
    let answer;
    try {
      const all = about.variables || absent ? { ...env, ...about.variables, ...absent } : env;
      const bound = tested ? bindings(all, about.generation) : stubs(all);
      const handling = () => handled(request, bound, ctx, about, extra);
      const response = await (bound !== env && platform.withEnv ? platform.withEnv(bound, handling) : handling());
      if (!(response instanceof Response)) {
        throw new TypeError("Incorrect type for Promise: the Promise did not resolve to 'Response'.");
      }
      if (response.webSocket) throw new Error("a WebSocket is not emulated in a rehearsal");
      answer = new Response(await read(response, extra), response);
    } catch (error) {
      if (about.event) extra.told = { error: described(error) };
      else extra.error = String(error?.stack ?? error);
      answer = new Response(null, { status: 500 });
    }
    const { started, done, most, waiting } = invocation;
    const heard = invocation.said.length + invocation.failed.length;
    answer.headers.set("understudy", headed({ ...extra, left: [most, started - done, waiting, heard] }));
    invocation.answered++;
    return answer;
  },
};

// A WebSocket by which the server asks how far an invocation is: that costs a fifth of a request for each question.
function asked() {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener("message", ({ data }) => {
    server.send(data === "said" ? said(state.invocation) : counts(state.invocation));
  });
  return new Response(null, { status: 101, webSocket: client });
}

function counts(invocation) {
  if (invocation === null) return "0 0 0 0 0 0 0";
  const { number, started, done, most, waiting, answered, said, failed } = invocation;
  return `${number} ${started} ${done} ${most} ${waiting} ${answered} ${said.length + failed.length}`;
}

// What was printed, and what failed in the background, since it was asked for last.
function said(invocation) {
  const { said, failed } = invocation;
  [invocation.said, invocation.failed] = [[], []];
  return JSON.stringify({ said, failed });
}

async function handled(request, env, ctx, about, extra) {
  if (about.generation !== state.generation) anew(about.generation);
  const { user } = state;
  state.bound = env;
  if (about.event) return await deliver(about.event, request, extra);
  if (about.alarm) return await ring(env, about.alarm);
  if (about.scheduled) return await scheduled(user.default, env, ctx, about.scheduled);
  const handler = user.default;
  if (typeof handler === "function") return await new handler(ctx, env).fetch(request);
  if (typeof handler?.fetch === "function") return await handler.fetch(request, env, ctx);
  if (listeners.fetch) return await serviceWorker(request, env, ctx);
  throw new TypeError("Handler does not export a fetch() function.");
}

// Nothing is left of what the module knew, nor of what it made global.
function anew(generation) {
  for (const name of Reflect.ownKeys(globalThis)) if (!ours.has(name)) delete globalThis[name];
  const { invocation } = state, module = { exports: {} };
  forget();
  try {
    evaluate(module, module.exports, required);
  } finally {
    state.invocation = invocation;
  }
  state.user = module.exports?.__esModule ? module.exports : { default: module.exports };
  state.generation = generation;
}

// What is asked for by `require` is a module of workerd's or a file: as a CommonJS module, whose default it is.
function required(name) {
  const known = modules[name];
  if (known === undefined) throw new Error(`Dynamic require of "${name}" is not supported`);
  if (Object.prototype.toString.call(known) !== "[object Module]") return known;
  if ("default" in known) return known.default;
  const made = Object.defineProperty({}, "__esModule", { value: true });
  for (const one of Object.keys(known)) Object.defineProperty(made, one, { enumerable: true, get: () => known[one] });
  return made;
}
anew(0);

async function scheduled(handler, env, ctx, given) {
  const controller = { ...given, type: "scheduled", noRetry() {} };
  if (typeof handler?.prototype?.scheduled === "function") await new handler(ctx, env).scheduled(controller);
  else if (typeof handler?.scheduled === "function") await handler.scheduled(controller, env, ctx);
  else if (listeners.scheduled) {
    Object.assign(globalThis, env);
    const waitUntil = (work) => ctx.waitUntil(work);
    listeners.scheduled(Object.assign(new Event("scheduled"), controller, { waitUntil }));
  } else throw new TypeError("Handler does not export a scheduled() function.");
  return new Response(null);
}

async function serviceWorker(request, env, ctx) {
  Object.assign(globalThis, env);
  let answer;
  const event = Object.assign(new Event("fetch"), {
    request,
    respondWith(response) { answer = response; },
    waitUntil: (work) => ctx.waitUntil(work),
    passThroughOnException() {},
  });
  listeners.fetch(event);
  return await answer;
}

async function read(response, extra) {
  if (response.body === null || WITHOUT_BODY.includes(response.status)) return null;
  try {
    return await response.arrayBuffer();
  } catch (error) {
    extra.broken = String(error);
    return null;
  }
}
