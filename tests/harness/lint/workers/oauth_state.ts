// A state is used up, and what it says goes into a session: that is no move.
interface Env {
  AUTH: KVNamespace;
}
export async function callback(request: Request, env: Env): Promise<Response> {
  const state = new URL(request.url).searchParams.get("state");
  const known = await env.AUTH.get<{ user: string }>(`state:${state}`, "json");
  if (!known) return new Response("unknown state", { status: 400 });
  await env.AUTH.delete(`state:${state}`);
  const id = crypto.randomUUID();
  await env.AUTH.put(`session:${id}`, JSON.stringify({ user: known.user }), { expirationTtl: 86400 });
  return new Response(null, { status: 204, headers: { "set-cookie": `session=${id}` } });
}
