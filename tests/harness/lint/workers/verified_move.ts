// Verified before the original goes.
interface Env {
  OLD_KV: KVNamespace;
  NEW_KV: KVNamespace;
}
export async function moveOne(env: Env, key: string): Promise<boolean> {
  const found = await env.OLD_KV.getWithMetadata<{ owner: string; until?: number }>(key);
  if (found.value === null) return false;
  const options = { metadata: found.metadata, ...(found.metadata?.until ? { expiration: found.metadata.until } : {}) };
  await env.NEW_KV.put(key, found.value, options);
  const copy = await env.NEW_KV.get(key);
  if (copy !== found.value) throw new Error("the copy differs");
  await env.OLD_KV.delete(key);
  return true;
}
