// Stands for a Worker in Python: its requests are passed on, and every other name is a method of its entrypoint.
import { WorkerEntrypoint } from "cloudflare:workers";
import { decode, encode } from "values";

// Says that the body of an answer is an exception; as calls.py gives it.
const STACK = "understudy-stack";

export default class extends WorkerEntrypoint {
  constructor(ctx, env) {
    super(ctx, env);
    const method = (name) => async (...given) => {
      const body = JSON.stringify([name, encode(given)]);
      const { error, value } = await (await env.METHODS.fetch("http://methods/", { method: "POST", body })).json();
      if (error) throw decode(error);
      return decode(value);
    };
    return new Proxy(this, { get: (target, name) => Reflect.get(target, name) ?? method(name) });
  }

  async fetch(request) {
    const answer = await this.env.REQUESTS.fetch(request);
    if (answer.headers.has(STACK)) throw decode(await answer.json());
    return answer;
  }
}
