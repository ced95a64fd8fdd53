// In front of the user's Worker: fires its scheduled handler when asked to, answers with the stack when it
// throws, and passes on all else. Who may ask for what is decided by the server before this one, and whoever
// comes past it does not know the secret.
import { decode, encode } from "values";

const HANDLERS = "/cdn-cgi/handler/";
const VISIT = "understudy-visit";
const STACK = "understudy-stack";
const LATEST = 8.64e15; // milliseconds on either side of the epoch: what a Date can hold

export default {
  async fetch(incoming, env) {
    if (incoming.headers.get(env.SECRET_HEADER) !== env.SECRET) return new Response("Forbidden", { status: 403 });
    const request = new Request(incoming);
    request.headers.delete(env.SECRET_HEADER);
    const url = new URL(request.url);
    const called = request.headers.get(env.CALL_HEADER);
    if (called !== null) return called_by_another(called, request, env);
    if (url.pathname.startsWith(HANDLERS)) return handler(url, env.USER, request);
    if (url.pathname === "/__scheduled" && env.TEST_SCHEDULED) {
      const answer = await scheduled(url.searchParams, env.USER, request);
      return answer.ok ? new Response("Ran scheduled event") : answer;
    }
    try {
      return await env.USER.fetch(request);
    } catch (error) {
      // caught.mjs answers what a module throws; what a script throws is answered here, without its lines.
      const text = String(error?.stack ?? error);
      return new Response(text, { status: 500, headers: { [STACK]: "1" } });
    }
  },
};

// By a Worker in Python, or by a queue that has a batch for it.
async function called_by_another(called, request, env) {
  const [kind, name] = called.split(" ").map(decodeURIComponent);
  request.headers.delete(env.CALL_HEADER);
  const worker = env[`CALL ${name}`];
  if (kind === "method") return Response.json(await method(worker, ...(await request.json())));
  try {
    return kind === "queue" ? Response.json(await batch(worker, await request.json())) : await worker.fetch(request);
  } catch (error) {
    return new Response(String(error?.stack ?? error), { status: 500, headers: { [STACK]: "1" } });
  }
}

async function method(worker, name, given) {
  try {
    return { value: encode(await worker[name](...decode(given))) };
  } catch (error) {
    return { error: encode(error instanceof Error ? error : new Error(String(error))) };
  }
}

function batch(worker, { queue, messages, metrics }) {
  const made = messages.map(({ id, timestamp, attempts, contentType, body }) => {
    const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
    const text = () => new TextDecoder().decode(bytes);
    const read = {
      text: () => ({ body: text() }),
      json: () => ({ body: JSON.parse(text()) }),
      bytes: () => ({ body: bytes.buffer }),
      v8: () => ({ serializedBody: bytes }),
    };
    return { id, timestamp: new Date(timestamp), attempts, ...read[contentType]() };
  });
  const oldest = metrics.oldestMessageTimestamp;
  const moment = oldest === undefined ? {} : { oldestMessageTimestamp: new Date(oldest) };
  return worker.queue(queue, made, { metrics: { ...metrics, ...moment } });
}

function handler(url, user, request) {
  if (url.pathname === HANDLERS + "scheduled") return scheduled(url.searchParams, user, request);
  const known = `"${HANDLERS}scheduled"`;
  return new Response(`"${url.pathname}" is not a valid handler. Did you mean to use ${known}?`, { status: 404 });
}

async function scheduled(query, user, request) {
  const visit = request.headers.get(VISIT);
  const cron = query.get("cron") ?? "";
  const event = { cron: visit === null ? cron : `${visit}\n${cron}` }; // visit.mjs takes it off
  if (query.has("time")) {
    const time = query.get("time");
    if (!/^-?[0-9]{1,16}$/.test(time) || Math.abs(Number(time)) > LATEST) {
      const text = `time must be whole milliseconds since the UNIX epoch, as a Date takes them, but got '${time}'`;
      return new Response(text, { status: 400 });
    }
    event.scheduledTime = new Date(Number(time));
  }
  const { outcome } = await user.scheduled(event);
  return new Response(outcome === "ok" ? "ok" : "exception", { status: outcome === "ok" ? 200 : 500 });
}
