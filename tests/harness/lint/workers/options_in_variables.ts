// Lifetimes come from constants, variables and arithmetic.
interface Env {
  CODES: KVNamespace;
}
const MINUTE = 60;
const HALF = MINUTE / 2;
export async function send(env: Env, phone: string, code: string, ttl = HALF): Promise<void> {
  const options: KVNamespacePutOptions = {};
  options.expirationTtl = HALF;
  await env.CODES.put(`code:${phone}`, code, options); // finds: short-ttl
  await env.CODES.put(`sent:${phone}`, "1", { expirationTtl: 2 * MINUTE });
  await env.CODES.put(`tries:${phone}`, "0", { expiration: Math.floor(Date.now() / 1000) + 10 }); // finds: short-ttl
  await env.CODES.put(`at:${phone}`, "0", { expirationTtl: ttl }); // finds: short-ttl
  await env.CODES.put(`lock:${phone}`, "0", { expiration: Math.floor(Date.now() / 1000) + 10 * MINUTE });
  await env.CODES.get(`code:${phone}`, { cacheTtl: 30 });
}
