// The calls of a Worker's D1 bindings, before they leave and when their answer has come.
//
// All databases send what they ask by one method, that of a session.
export function follow(env, around) {
  const database = Object.values(env).find((one) => one?.constructor?.name === "D1Database");
  if (!database) return;
  const prototype = Object.getPrototypeOf(database.withSession?.() ?? {}), sent = prototype._wrappedFetch;
  if (!sent) throw new Error("the calls of this workerd's D1 binding cannot be followed: install workerd 1.20260426");
  prototype._wrappedFetch = function (...given) {
    return around(async () => {
      const answer = await sent.apply(this, given);
      return new Response(await answer.arrayBuffer(), answer);
    }).then(read);
  };
}

// Where the database was reset there is no answer, and the call itself fails.
async function read(answer) {
  if (answer.headers.has("understudy-reset")) throw new Error((await answer.json()).error);
  return answer;
}
