// JavaScript values as JSON, for calls between Workers in this workerd and Workers in Python: as values.py has them.
const OWN_ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const VIEWS = {
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
  Float64Array, BigInt64Array, BigUint64Array, DataView,
};

// Throws TypeError for what is more than data.
export function encode(value, seen = new Map()) {
  const kind = typeof value;
  if (value === null || kind === "string" || kind === "boolean") return value;
  if (kind === "number") {
    return Number.isFinite(value) && !Object.is(value, -0) ? value : ["number", value === 0 ? "-0" : String(value)];
  }
  if (kind === "undefined") return ["undefined"];
  if (kind === "bigint") return ["bigint", String(value)];
  if (kind === "function" || kind === "symbol") throw refused(`A ${kind}`);
  if (seen.has(value)) return ["same", seen.get(value)];
  seen.set(value, seen.size);
  const inner = (one) => encode(one, seen);
  if (Array.isArray(value)) return ["array", Array.from(value, inner)];
  if (value instanceof Date) return ["date", value.getTime()];
  if (value instanceof Map) return ["map", Array.from(value, (pair) => pair.map(inner))];
  if (value instanceof Set) return ["set", Array.from(value, inner)];
  if (value instanceof Error) return ["error", value.name, value.message];
  if (value instanceof ArrayBuffer) return ["buffer", base64(new Uint8Array(value))];
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return ["view", value.constructor.name, base64(bytes)];
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return ["object", Object.entries(value).map(([name, one]) => [name, inner(one)])];
  }
  throw refused(`An object of class ${prototype.constructor.name}`);
}

export function decode(coded, seen = []) {
  if (!Array.isArray(coded)) return coded;
  const [kind, content, more] = coded;
  const inner = (one) => decode(one, seen);
  const known = (value) => { seen.push(value); return value; };
  switch (kind) {
    case "undefined": return undefined;
    case "number": return Number(content);
    case "bigint": return BigInt(content);
    case "same": return seen[content];
    case "date": return known(new Date(content ?? NaN));
    case "error": return known(error(content, more));
    case "buffer": return known(bytes(content).buffer);
    case "view": return known(new VIEWS[content](bytes(more).buffer));
    case "array": return filled(known([]), content, (array, one) => array.push(inner(one)));
    case "set": return filled(known(new Set()), content, (set, one) => set.add(inner(one)));
    case "map": return filled(known(new Map()), content, (map, [key, one]) => map.set(inner(key), inner(one)));
    case "object": return filled(known({}), content, (object, [name, one]) => {
      Object.defineProperty(object, name, { value: inner(one), configurable: true, enumerable: true, writable: true });
    });
  }
  throw new TypeError(`Not a kind of value: ${kind}`);
}

function filled(container, parts, put) {
  for (const part of parts) put(container, part);
  return container;
}

function error(name, message) {
  const Kind = OWN_ERRORS[name];
  return Kind ? new Kind(message) : Object.assign(new Error(message), name === "Error" ? {} : { name });
}

const refused = (what) => new TypeError(`${what} cannot be sent between Workers in JavaScript and Python here.`);

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function base64(data) {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
}
