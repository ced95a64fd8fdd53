// Stands for a Worker that another one is bound to and that does not run here.
import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
  constructor(ctx, env) {
    super(ctx, env);
    const missing = () => { throw new Error(env.TEXT); };
    return new Proxy(this, { get: (target, name) => Reflect.get(target, name) ?? missing });
  }

  fetch() { return new Response(this.env.TEXT, { status: 503 }); }
}
