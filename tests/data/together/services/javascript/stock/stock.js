import { WorkerEntrypoint } from "cloudflare:workers";

export class Count extends WorkerEntrypoint {
  add(a, b) { return a + b; }
  echo(value) { return value; }
  bound() { return this.env.PLACE; }
  fails() { throw new Error("wrong"); }
}

export default {
  async fetch(request, env) {
    const told = [request.method, request.url.replace(/:\d+/, ""), request.headers.get("mine"), await request.text(), env.PLACE];
    return new Response(told.join(" "), { status: 203, headers: { shelf: "3" } });
  },
};
