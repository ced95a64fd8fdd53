// In front of the user's Worker in a simulation: begins an invocation, hands the request on untouched, and says
// with the answer what is still under way. The module is evaluated anew for every run: "user-0", "user-1", …
import { begin, listeners, state, told } from "prelude";
import * as platform from "cloudflare:workers";
import * as first from "user-0";

const WITHOUT_BODY = [101, 204, 205, 304];
const headed = (about) => JSON.stringify(about).replace(/[^\x20-\x7e]/g, (one) =>
  "\\u" + one.charCodeAt(0).toString(16).padStart(4, "0"));

export default {
  async fetch(request, env, ctx) {
    const about = told(request);
    if (about.asks) return new Response(counts(state.invocation));
    const invocation = begin(about);
    const wait = ctx.waitUntil.bind(ctx);
    ctx.waitUntil = (work) => {
      invocation.waiting++;
      const settled = () => { invocation.waiting--; };
      Promise.resolve(work).then(settled, settled);
      wait(work);
    };
    const extra = {};
    let answer;
    try {
      const bound = about.variables ? { ...env, ...about.variables } : env;
      const handling = () => handled(request, bound, ctx, about);
      const response = await (about.variables && platform.withEnv ? platform.withEnv(bound, handling) : handling());
      if (!(response instanceof Response)) {
        throw new TypeError("Incorrect type for Promise: the Promise did not resolve to 'Response'.");
      }
      if (response.webSocket) throw new Error("a WebSocket is not emulated in a rehearsal");
      const body = await read(response, extra);
      answer = new Response(body, response);
    } catch (error) {
      extra.error = String(error?.stack ?? error);
      answer = new Response(null, { status: 500 });
    }
    const { started, done, most, waiting } = invocation;
    answer.headers.set("understudy", headed({ ...extra, open: started - done, most, waiting }));
    invocation.answered = true;
    return answer;
  },
};

function counts(invocation) {
  if (invocation === null) return "0 0 0 0 0 0";
  const { number, started, done, most, waiting, answered } = invocation;
  return `${number} ${started} ${done} ${most} ${waiting} ${answered ? 1 : 0}`;
}

async function handled(request, env, ctx, about) {
  let user = first;
  if (about.generation > 0) {
    // As on the platform, no time has begun while a module is evaluated.
    const { now } = state.invocation;
    state.invocation.now = 0;
    user = await import("user-" + about.generation);
    state.invocation.now = now;
  }
  const handler = user.default;
  if (typeof handler === "function") return await new handler(ctx, env).fetch(request);
  if (typeof handler?.fetch === "function") return await handler.fetch(request, env, ctx);
  if (listeners.fetch) return await serviceWorker(request, env, ctx);
  throw new TypeError("Handler does not export a fetch() function.");
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
