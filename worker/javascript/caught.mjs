// Around the user's Worker in `dev`: answers an exception with its stack, which is lost between two services.
import * as user from "bundle";
export * from "bundle";

// Tells the server in front that the body is a stack; as worker/javascript/failures.py reads it.
const STACK = "understudy-stack";

function told(error) {
  const text = String(error?.stack ?? `Error: ${error}`);
  return new Response(text, { status: 500, headers: { [STACK]: "1", "content-type": "text/plain;charset=UTF-8" } });
}

function wrapped(worker) {
  if (typeof worker === "function") {
    if (typeof worker.prototype?.fetch !== "function") return worker;
    return class extends worker {
      async fetch(request) { try { return await super.fetch(request); } catch (error) { return told(error); } }
    };
  }
  if (typeof worker?.fetch !== "function") return worker;
  const fetch = async (request, env, ctx) => {
    try { return await worker.fetch(request, env, ctx); } catch (error) { return told(error); }
  };
  return new Proxy(worker, { get: (target, name) => (name === "fetch" ? fetch : Reflect.get(target, name)) });
}

export default wrapped(user.default);
