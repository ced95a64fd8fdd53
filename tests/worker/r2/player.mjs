// Plays steps on the bucket env.B, or on that which the request names, and answers with what came of each: a step is {do, args, then}.
const bytes = (hex) => new Uint8Array((hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));

const hex = (buffer) => [...new Uint8Array(buffer)].map((one) => one.toString(16).padStart(2, "0")).join("");

function made(value, saved) {
  if (Array.isArray(value)) return value.map((one) => made(one, saved));
  if (value === null || typeof value !== "object") return value;
  if ("$saved" in value) return value.member ? saved[value.$saved][value.member] : saved[value.$saved];
  if ("$undefined" in value) return undefined;
  if ("$repeat" in value) return value.$repeat.repeat(value.times);
  if ("$buffer" in value) return bytes(value.$buffer).buffer;
  if ("$bytes" in value) return bytes(value.$bytes);
  if ("$headers" in value) return new Headers(value.$headers);
  if ("$date" in value) return new Date(value.$date);
  if ("$blob" in value) return new Blob([value.$blob], { type: value.type ?? "" });
  if ("$body" in value) return new Response(value.$body).body;
  if ("$number" in value) return Number(value.$number);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, made(one, saved)]));
}

function shown(value) {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "string" && (value.length > 500 || RANDOM.test(value))) return { $long: value.length };
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Date) return { $date: value.getTime() > 1e12 };
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { $buffer: hex(value) };
  if (value instanceof Headers) return { $headers: [...value] };
  if (value instanceof Blob) return { $blob: value.type, size: value.size };
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof ReadableStream) return { $stream: true };
  if (value.constructor === Object) return members(value, Object.keys(value));
  const object = members(value, MEMBERS.filter((name) => name in value));
  if (object.version !== undefined) object.version = object.version.length;
  if (value.checksums) object.json = value.checksums.toJSON();
  return { $class: value.constructor.name, ...object };
}

const RANDOM = /^[\w-]{171}$/; // the id of an upload, or the etag of a part
const MEMBERS = [
  "key", "version", "size", "etag", "httpEtag", "uploaded", "httpMetadata", "customMetadata", "range",
  "storageClass", "ssecKeyMd5", "bodyUsed", "body", "uploadId", "partNumber",
];

const members = (value, names) =>
  Object.fromEntries(names.filter((name) => value[name] !== undefined).sort().map((name) => [name, shown(value[name])]));

async function played(on, step, saved) {
  if (step.on !== undefined) on = saved[step.on];
  const args = made(step.args ?? [], saved);
  if (step.parts) args.push(step.parts.map((name) => saved[name]));
  let result = await on[step.do](...args);
  if (step.save) saved[step.save] = result;
  if (!step.then) return step.then === null ? "done" : shown(result);
  if (step.then === "writeHttpMetadata") {
    const headers = new Headers(step.headers ?? {});
    result.writeHttpMetadata(headers);
    return shown(headers);
  }
  const value = await result[step.then]();
  return [shown(value), result.bodyUsed];
}

export default {
  async fetch(request, env) {
    const bucket = env[new URL(request.url).searchParams.get("bucket") ?? "B"];
    const outcomes = [],
      saved = {};
    for (const step of await request.json()) {
      try {
        outcomes.push(await played(bucket, step, saved));
      } catch (error) {
        outcomes.push({ $error: `${error.name}: ${error.message}` });
      }
    }
    return Response.json(outcomes);
  },
};
