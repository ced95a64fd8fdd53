// The Durable Objects of the user's Worker in a rehearsal. Whoever calls one asks the server, which hands the call to
// the isolate that has them: there the platform's own objects run, and store in the platform's own storage. Only their
// alarms follow the simulation.
import { DurableObject, env as platform, withEnv } from "cloudflare:workers";
import { EVENT, ask, headed, refusing, state } from "prelude";
import { decode, encode } from "values";

const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const LOST = "Network connection lost.";
const NAMES = Object.keys(platform).filter((name) => typeof platform[name]?.idFromName === "function");
const real = Object.fromEntries(NAMES.map((name) => [name, platform[name]]));
const namespaces = Object.fromEntries(NAMES.map((name) => [name, namespace(real[name], name)]));
const databases = Object.keys(platform).filter((name) => platform[name]?.constructor?.name === "D1Database");
const refused = Object.fromEntries(databases.map((name) => [name, refusing(name, "D1 in a Durable Object of a rehearsal")]));

// --- calls ----------------------------------------------------------------------------------------------------

export const stubs = (env) => (NAMES.length === 0 ? env : { ...env, ...namespaces });

function namespace(own, binding) {
  const idFromName = (name) => own.idFromName(name);
  const get = (id) => stub(own.get(id), id, binding);
  return {
    idFromName,
    idFromString: (text) => own.idFromString(text),
    newUniqueId: () => Object.defineProperty(own.idFromName(`understudy ${crypto.randomUUID()}`), "name", { value: undefined }),
    get,
    getByName: (name) => get(idFromName(name)),
    jurisdiction() { throw new Error(`env.${binding}.jurisdiction() is not emulated in a rehearsal`); },
  };
}

function stub(own, id, binding) {
  const fetch = async (input, init) => {
    const request = new Request(input, init), { method, url } = request;
    const body = request.body === null ? undefined : await request.arrayBuffer();
    const { told, content } = await called(binding, id, { method, url, headers: [...request.headers] }, body);
    return new Response(content.byteLength ? content : null, told.response);
  };
  const call = async (name, given) => {
    const { content } = await called(binding, id, { name }, JSON.stringify(encoded(given)));
    return decode(JSON.parse(new TextDecoder().decode(content)));
  };
  return new Proxy({ id, name: id.name, fetch }, {
    get(target, name) {
      if (name in target || typeof own[name] !== "function" || name === "then") return target[name];
      return (...given) => call(name, given);
    },
  });
}

async function called(binding, id, call, body) {
  const asked = headed({ binding, id: `${id}`, named: id.name, call });
  const found = await ask("object", { method: "POST", headers: { "understudy-asked": asked }, body });
  const { error } = found.told;
  if (error) {
    const { name, message, ...flags } = error;
    throw Object.assign(new (ERRORS[name] ?? Error)(message), flags);
  }
  return found;
}

function encoded(value) {
  try {
    return encode(value);
  } catch (error) {
    error.message = error.message.replace(/ between Workers.*$/, " to or from a Durable Object in a rehearsal: it is not emulated");
    throw error;
  }
}

export function described(error) {
  const { name = "Error", message = String(error), remote, retryable, overloaded, durableObjectReset } = error ?? {};
  if (message === LOST) return { name, message, retryable: true };
  return { name, message, remote, retryable, overloaded, durableObjectReset };
}

// --- objects --------------------------------------------------------------------------------------------------

// Objects of earlier simulations are new ones.
const known = new Map(), alarms = new Map();

// In the isolate that has them: hands an event to its object.
export async function deliver(event, request, extra) {
  const own = real[event.binding];
  const id = event.named === undefined ? own.idFromString(event.id) : own.idFromName(event.named);
  const headers = { "understudy-event": headed(event) };
  const answer = await own.get(id).fetch("http://understudy/", { method: "POST", headers, body: await request.arrayBuffer() });
  extra.told = JSON.parse(answer.headers.get("understudy-told"));
  return new Response(answer.body);
}

export function around(name) {
  if (typeof state.user[name] !== "function") {
    throw new Error(`the Worker has no class ${name}: it must export the classes of the Durable Objects that it binds`);
  }
  return class extends DurableObject {
    async fetch(request) {
      const event = JSON.parse(request.headers.get("understudy-event"));
      const { generation } = state, { id } = this.ctx, key = `${name} ${id}`;
      if (event.ends) this.ctx.abort("the object ends");
      if (event.moved) {
        known.set(key, generation);
        if (event.moved.alarm) alarms.set(key, event.moved.alarm);
        return new Response(null, { headers: { "understudy-told": "{}" } });
      }
      if (known.get(key) !== generation) {
        await this.ctx.storage.deleteAll();
        known.set(key, generation);
        alarms.delete(key);
      }
      if (this.generation !== generation) [this.generation, this.object] = [generation, undefined];
      const bound = { ...state.bound, ...refused, [EVENT]: { number: event.number, ctx: this.ctx } };
      const { told, content } = await withEnv(bound, () => this.handled(event, request, bound, key));
      const left = state.invocation.started - state.invocation.done; // when it is over, not when storage is written
      return new Response(content, { headers: { "understudy-told": headed({ ...told, left }) } });
    }

    async handled({ call, alarm }, request, bound, key) {
      this.object ??= this.made(bound, key);
      const { object } = this;
      try {
        if (alarm) {
          alarms.delete(key);
          await object.alarm({ retryCount: alarm.retry, isRetry: alarm.retry > 0 });
          return { told: {} };
        }
        if (call.url) return await fetched(object, call, await request.arrayBuffer());
        if (!(object instanceof DurableObject)) {
          throw new TypeError(`The receiver is not an RPC object: the class ${name} does not extend DurableObject`);
        }
        if (typeof object[call.name] !== "function") {
          throw new TypeError(`The RPC receiver does not implement the method "${call.name}".`);
        }
        const value = await object[call.name](...decode(await request.json()));
        return { told: {}, content: JSON.stringify(encoded(value)) };
      } catch (error) {
        return { told: { error: { ...described(error), remote: true } } };
      }
    }

    made(env, key) {
      const { user } = state;
      const { [EVENT]: event, ...seen } = env;
      follow(this.ctx, user[name], name, key);
      return new user[name](this.ctx, seen);
    }
  };
}

async function fetched(object, { method, url, headers }, content) {
  if (typeof object.fetch !== "function") throw new Error("Handler does not export a fetch() function.");
  const answer = await object.fetch(new Request(url, { method, headers, body: content.byteLength ? content : undefined }));
  if (!(answer instanceof Response)) throw new TypeError("Incorrect type for Promise: the Promise did not resolve to 'Response'.");
  if (answer.webSocket) throw new Error("a WebSocket is not emulated in a rehearsal");
  const { status, statusText } = answer;
  return { told: { response: { status, statusText, headers: [...answer.headers] } }, content: await answer.arrayBuffer() };
}

// Alarms are the simulation's: what a transaction does to one would not be undone.
function follow({ storage, id }, kind, name, key) {
  const set = async (at) => {
    if (at === null) alarms.delete(key);
    else alarms.set(key, at);
    ask("alarm", { method: "POST", body: JSON.stringify({ kind: name, id: `${id}`, at }) });
  };
  const setAlarm = async (when) => {
    const at = +when;
    if (typeof kind.prototype.alarm !== "function") {
      throw new Error("Your Durable Object class must have an alarm() handler in order to call setAlarm()");
    }
    if (!(at > 0)) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
    return set(at);
  };
  const { transaction, deleteAll } = Object.getPrototypeOf(storage);
  const none = { get: () => { throw new Error("alarms in a transaction of a Durable Object are not emulated in a rehearsal"); } };
  const inside = { setAlarm: none, deleteAlarm: none, getAlarm: none };
  const replaced = {
    setAlarm,
    deleteAlarm: () => set(null),
    getAlarm: async () => alarms.get(key) ?? null,
    deleteAll(...given) {
      if (alarms.has(key)) set(null);
      return deleteAll.apply(this, given);
    },
    transaction(closure) {
      return transaction.call(this, (inner) => closure(Object.defineProperties(inner, inside)));
    },
  };
  for (const [member, value] of Object.entries(replaced)) {
    Object.defineProperty(storage, member, { value, configurable: true });
  }
}
