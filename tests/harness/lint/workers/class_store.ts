// A class around a namespace; a session is renewed by reading and writing it.
export class Sessions<T extends { seen: number }> {
  constructor(private readonly kv: KVNamespace, private readonly prefix = "session:") {}

  async get(id: string): Promise<T | null> {
    return this.kv.get<T>(this.prefix + id, "json");
  }

  async put(id: string, session: T): Promise<void> {
    await this.kv.put(this.prefix + id, JSON.stringify(session), { expirationTtl: 3600 });
  }

  async touch(id: string): Promise<void> {
    const session = await this.get(id);
    if (!session) return;
    session.seen = Date.now();
    await this.put(id, session); // finds: lost-update
  }
}
