import { bytesOf, textOf, type Input } from './input.ts';

type Random = () => number;

const NUMBERS = ['0', '-1', '1', '65536', '2147483648', '4294967295', '9007199254740993', '1e308', '-0', '0.5', 'NaN'];
const WORDS = ['../', '/', '/etc/passwd', '..\\', '\0', '%2e%2e/', 'file:', '__proto__', 'constructor', '\u202e', '\n'];
const BYTES = [0, 1, 0x7f, 0x80, 0xff];
const LARGEST = 1 << 20;

/** Returns an input that differs from a valid one in one of its files. */
export function mutated(seeds: readonly Input[], forbidden: string, random: Random): Input {
  const whole = (below: number): number => Math.floor(random() * below);
  const pick = <T>(items: readonly T[]): T => items[whole(items.length)] as T;
  const seed = pick(seeds);
  const name = pick(Object.keys(seed));
  const words = [...WORDS, `${forbidden}/x`];
  let bytes = seed[name] ?? new Uint8Array();
  const other = () => pick(Object.values(pick(seeds)));
  const isText = /\.(json|m3u8|mpd|txt|sdp|ndjson)$/.test(name);
  for (let times = 1 + whole(4); times > 0; times--) {
    if (name.endsWith('.json') && random() < 0.8) bytes = inJson(bytes, words, { whole, pick });
    else if (isText && random() < 0.5) bytes = inText(bytes, words, { whole, pick });
    else bytes = inBytes(bytes, other, { whole, pick });
  }
  return { ...seed, [name]: bytes.subarray(0, LARGEST) };
}

interface Choice {
  readonly whole: (below: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
}

function inBytes(bytes: Uint8Array, other: () => Uint8Array, { whole, pick }: Choice): Uint8Array {
  const at = whole(bytes.length);
  const length = Math.min(1 << whole(12), bytes.length - at);
  const copy = Uint8Array.from(bytes);
  switch (whole(8)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << whole(8));
      return copy;
    case 1:
      copy[at] = pick(BYTES);
      return copy;
    case 2:
      // A large number in either byte order, such as a length.
      if (copy.length >= 4) {
        const value = pick([0, 1, 2 ** 31, 2 ** 32 - 1, whole(2 ** 32)]);
        new DataView(copy.buffer).setUint32(Math.min(at, copy.length - 4), value, whole(2) === 0);
      }
      return copy;
    case 3:
      return bytes.subarray(0, at);
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 5:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    case 6: {
      const piece = other();
      const from = whole(piece.length);
      return joined(bytes.subarray(0, at), piece.subarray(from, from + length), bytes.subarray(at));
    }
    default:
      copy.fill(pick(BYTES), at, at + length);
      return copy;
  }
}

const JUNK: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e9,
  2 ** 53,
  '',
  'x',
  [],
  {},
  [[]],
  { length: 3 },
  ['x', 0, 0],
];

/** Changes a value in JSON, which stays JSON. */
function inJson(bytes: Uint8Array, words: readonly string[], { whole, pick }: Choice): Uint8Array {
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes));
  } catch {
    return bytes;
  }
  const root = { value };
  const [holder, key] = pick(places(root));
  if (whole(4) === 0) Reflect.deleteProperty(holder, key);
  else if (whole(3) === 0) holder[pick([key, ...words])] = structuredClone(pick(places(root))[0]);
  else holder[key] = whole(2) === 0 ? pick(words) : structuredClone(pick(JUNK));
  return bytesOf(JSON.stringify(root.value) ?? '');
}

type Holder = Record<string, unknown>;

/** All places that hold a value. */
function places(value: unknown): [Holder, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((key) => [[holder, key] as [Holder, string], ...places(holder[key])]);
}

function inText(bytes: Uint8Array, words: readonly string[], { whole, pick }: Choice): Uint8Array {
  const text = textOf(bytes);
  // A token: a number, a string, a word.
  const tokens = [...text.matchAll(/-?\d+(\.\d+)?|"[^"\n]*"|[\w./:-]+/g)];
  if (tokens.length === 0) return bytesOf(pick(words));
  const token = pick(tokens);
  const [found] = token;
  const replaced = (by: string): Uint8Array =>
    bytesOf(text.slice(0, token.index) + by + text.slice(token.index + found.length));
  switch (whole(7)) {
    case 0:
      return replaced(pick(NUMBERS));
    case 1:
      return replaced(found.startsWith('"') ? JSON.stringify(pick(words)) : pick(words));
    case 2:
      return replaced(pick(tokens)[0]);
    case 3:
      return replaced(pick(['null', '[]', '{}', 'true', '""', '']));
    case 4:
      return replaced('['.repeat(1 << whole(18)));
    case 5:
      return replaced(found.repeat(1 << whole(10)));
    default:
      return replaced(found.startsWith('"') ? `"${pick(words)}${found.slice(1)}` : `${pick(words)}${found}`);
  }
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces);
}
