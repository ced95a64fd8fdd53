// From one namespace into another, all at once.
interface Env {
  OLD_KV: KVNamespace;
  NEW_KV: KVNamespace;
}
export async function move(env: Env): Promise<void> {
  const { keys } = await env.OLD_KV.list(); // finds: first-page
  await Promise.all(
    keys.map(async ({ name }) => { // finds: over-budget
      const { value } = await env.OLD_KV.getWithMetadata(name, "arrayBuffer");
      if (value) await env.NEW_KV.put(name, value); // finds: bare-copy
    }),
  );
}
