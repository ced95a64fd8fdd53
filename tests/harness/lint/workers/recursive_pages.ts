// Pages by recursion, and by an asynchronous generator.
export async function all(kv: KVNamespace, prefix: string, cursor?: string): Promise<string[]> {
  const page = await kv.list({ prefix, cursor });
  const names = page.keys.map((key) => key.name);
  return page.list_complete ? names : names.concat(await all(kv, prefix, page.cursor));
}

export async function* each(kv: KVNamespace, prefix: string) {
  let options: KVNamespaceListOptions = { prefix };
  for (;;) {
    const page = await kv.list(options);
    yield* page.keys;
    if (page.list_complete) return;
    options = { ...options, cursor: page.cursor };
  }
}
