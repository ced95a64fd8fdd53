// An empty page is taken for the end.
export async function names(kv) {
  const found = [];
  let cursor;
  while (true) {
    const page = await kv.list({ cursor, limit: 100 }); // finds: first-page
    if (page.keys.length === 0) break;
    for (const key of page.keys) found.push(key.name);
    cursor = page.cursor;
  }
  return found;
}
