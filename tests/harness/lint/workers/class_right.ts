// Keys of their own for each vote, counted by listing all pages.
export class Votes {
  private store: KVNamespace;
  constructor(env: { VOTES: KVNamespace }) {
    this.store = env.VOTES;
  }
  async vote(poll: string, voter: string, choice: string) {
    await this.store.put(`vote:${poll}:${voter}`, choice, { metadata: { choice } });
  }
  async count(poll: string): Promise<number> {
    let total = 0;
    let cursor: string | undefined = undefined;
    while (true) {
      const { keys, list_complete, ...rest } = await this.store.list({ prefix: `vote:${poll}:`, cursor });
      total += keys.length;
      if (list_complete) return total;
      cursor = (rest as { cursor: string }).cursor;
    }
  }
}
