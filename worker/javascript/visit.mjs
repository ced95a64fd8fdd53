// Around the user's Worker in `dev` where the platform is emulated: every request has bindings of its own to
// namespaces and databases, whose services say for which request they ask. The server tells in a header which those are.
import { follow as followD1 } from "d1";
import { move } from "moved";
import * as platform from "cloudflare:workers";
import * as user from "worker";
export * from "worker";

const HEADER = "understudy-visit";
const OWN = /^understudy (\d+) (.*)$/s;
const seen = new Map();

function own(env, visit) {
  if (!seen.has(visit)) {
    const bound = {};
    for (const name of Object.keys(env)) if (!OWN.test(name)) bound[name] = env[name];
    for (const name of Object.keys(env)) {
      const [, whose, binding] = OWN.exec(name) ?? [];
      if (whose === visit) bound[binding] = env[name];
    }
    seen.set(visit, bound);
  }
  return seen.get(visit);
}

function handled(name, told, event, env, ctx) {
  const [visit, ahead] = (told ?? "-").split(" ");
  if (ahead !== undefined) move(Number(ahead));
  const bound = own(env, visit), handler = user.default;
  const run = () => typeof handler === "function"
    ? new handler(ctx, bound)[name](event)
    : handler[name](event, bound, ctx);
  return platform.withEnv ? platform.withEnv(bound, run) : run();
}

// What the platform refuses for how much a request asks has no method before it.
const LIMIT = /^.* failed: 598 (.*)$/s;

function follow(prototype) {
  for (const name of ["get", "getWithMetadata", "put", "delete", "list"]) {
    const asked = prototype[name];
    prototype[name] = function (...given) {
      return asked.apply(this, given).catch((error) => {
        const [whole, text] = LIMIT.exec(error?.message) ?? [];
        if (text === undefined) throw error;
        error.stack = String(error.stack).replace(whole, () => text);
        error.message = text;
        throw error;
      });
    };
  }
}
const namespace = Object.values(platform.env).find((one) => typeof one?.getWithMetadata === "function");
if (namespace) follow(Object.getPrototypeOf(namespace));
followD1(platform.env, (call) => call());

const has = (name) => typeof (user.default?.prototype?.[name] ?? user.default?.[name]) === "function";
const handlers = {
  fetch(incoming, env, ctx) {
    const request = new Request(incoming);
    request.headers.delete(HEADER);
    return handled("fetch", incoming.headers.get(HEADER), request, env, ctx);
  },
  scheduled(event, env, ctx) {
    const [told, cron] = event.cron.split("\n");
    const controller = { cron, scheduledTime: event.scheduledTime, noRetry: () => event.noRetry() };
    return handled("scheduled", told, controller, env, ctx);
  },
  queue(batch, env, ctx) { return handled("queue", null, batch, env, ctx); }, // asks from where `dev` is
};

export default Object.fromEntries(Object.entries(handlers).filter(([name]) => has(name)));
