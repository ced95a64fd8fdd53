// The Durable Objects of the user's Worker in a test: every test has objects of its own, and alarms follow its clock.
import { DurableObject, env as platform } from "cloudflare:workers";
import { ask, state } from "prelude";

const NAMES = Object.keys(platform).filter((name) => typeof platform[name]?.idFromName === "function");

export function bindings(env, generation) {
  if (NAMES.length === 0) return env;
  return { ...env, ...Object.fromEntries(NAMES.map((name) => [name, namespace(platform[name], `${generation} `)])) };
}

function namespace(own, test) {
  const idFromName = (name) => named(own.idFromName(test + name), `${name}`);
  return {
    idFromName,
    idFromString: (text) => own.idFromString(text),
    newUniqueId: (options) => own.newUniqueId(options),
    get: (id, options) => own.get(id, options),
    getByName: (name, options) => own.get(idFromName(name), options),
    jurisdiction: (name) => namespace(own.jurisdiction(name), test),
  };
}

const named = (id, name) => Object.defineProperty(id, "name", { value: name, configurable: true });

export function around(name) {
  return class extends DurableObject {
    constructor(ctx, env) {
      const { user } = state;
      if (typeof user[name] !== "function") throw new TypeError(`the Worker exports no class ${name}`);
      const alarm = alarmOf(ctx, name);
      const own = class extends user[name] {
        understudyRing(info) {
          alarm.at = null;
          return this.alarm(info);
        }
      };
      Object.defineProperty(own, "name", { value: name });
      const [, test, given] = /^(\d+ )(.*)$/s.exec(ctx.id.name ?? "") ?? [];
      if (test !== undefined) named(ctx.id, given);
      return new own(ctx, bindings(env, state.generation));
    }
  };
}

function alarmOf(ctx, kind) {
  const alarm = { at: null }, id = `${ctx.id}`;
  const set = async (when) => {
    alarm.at = when === null ? null : +when;
    await ask("alarm", { method: "POST", body: JSON.stringify({ kind, id, at: alarm.at }) });
  };
  const replaced = { setAlarm: set, deleteAlarm: () => set(null), getAlarm: async () => alarm.at };
  for (const [name, value] of Object.entries(replaced)) {
    Object.defineProperty(ctx.storage, name, { value, configurable: true });
  }
  return alarm;
}

export async function ring(env, { binding, id, retry }) {
  const info = { retryCount: retry, isRetry: retry > 0 };
  await env[binding].get(env[binding].idFromString(id)).understudyRing(info);
  return new Response(null);
}
