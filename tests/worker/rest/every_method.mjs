// Calls every KV method of the node SDK. Arguments: where the SDK is, base URL, token, account, namespace, key.
// Prints one JSON object: what each call gave, or the status and codes of its error.
const [sdk, baseURL, apiToken, account_id, namespace_id, key] = process.argv.slice(2);
const { default: Cloudflare, toFile } = await import(sdk);
const kv = new Cloudflare({ apiToken, baseURL, maxRetries: 0 }).kv.namespaces;
const at = { account_id, namespace_id };
const results = {};

async function call(name, action) {
  try {
    results[name] = (await action()) ?? null;
  } catch (error) {
    if (error.status === undefined) throw error;
    results[name] = [error.status, ...error.errors.map(({ code }) => code)];
  }
}

async function all(pages, member) {
  const found = [];
  for await (const one of pages) found.push(one[member]);
  return found;
}

const bytes = Uint8Array.of(0, 1, 254, 255);
const later = { key, value: 'aGk=', base64: true, metadata: { q: 1 }, expiration_ttl: 300 };

await call('create', async () => (await kv.create({ account_id, title: 'new one' })).title);
await call('create again', () => kv.create({ account_id, title: 'new one' }));
await call('list', () => all(kv.list({ account_id, order: 'title', per_page: 5 }), 'title'));
await call('get', async () => (await kv.get(namespace_id, { account_id })).title);
await call('update', async () => (await kv.update(namespace_id, { account_id, title: 'renamed' })).title);

await call('values.update', () => kv.values.update(key, { ...at, value: 'välue', metadata: '{"a":[1,null]}' }));
await call('values.get', async () => (await kv.values.get(key, at)).text());
await call('metadata.get', () => kv.metadata.get(key, at));
await call('values.update object', () => kv.values.update('o', { ...at, value: 'v', metadata: { a: { b: ['c'] } } }));
await call('metadata.get object', () => kv.metadata.get('o', at));
await call('values.update file', async () =>
  kv.values.update('file', { ...at, value: await toFile(bytes, 'x.bin'), expiration: 4102444800 }));
await call('values.get file', async () => {
  const response = await kv.values.get('file', at);
  return [response.headers.get('expiration'), ...new Uint8Array(await response.arrayBuffer())];
});
await call('values.update soon', () => kv.values.update('t', { ...at, value: 'v', expiration_ttl: 10 }));
await call('keys.list', () => all(kv.keys.list(namespace_id, { account_id, limit: 10 }), 'name'));
await call('values.delete', () => kv.values.delete(key, at));
await call('values.get gone', () => kv.values.get(key, at));

await call('bulkUpdate', () => kv.bulkUpdate(namespace_id, { account_id, body: [{ key: '1', value: '1' }, later] }));
await call('bulkGet', () => kv.bulkGet(namespace_id, { account_id, keys: ['1', key, 'nope'] }));
await call('bulkGet json', () => kv.bulkGet(namespace_id, { account_id, keys: ['1'], type: 'json', withMetadata: true }));
await call('bulkDelete', () => kv.bulkDelete(namespace_id, { account_id, body: ['1', key] }));
await call('keys.bulkUpdate', () => kv.keys.bulkUpdate(namespace_id, { account_id, body: [{ key: '1', value: '1' }] }));
await call('keys.bulkGet', () => kv.keys.bulkGet(namespace_id, { account_id, keys: ['1'] }));
await call('keys.bulkDelete', () => kv.keys.bulkDelete(namespace_id, { account_id, body: ['1'] }));
await call('keys.list prefix', () => all(kv.keys.list(namespace_id, { account_id, prefix: 'f' }), 'name'));

await call('delete', () => kv.delete(namespace_id, { account_id }));
await call('delete again', () => kv.delete(namespace_id, { account_id }));
console.log(JSON.stringify(results));
