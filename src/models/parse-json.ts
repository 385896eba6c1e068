import { messageOf, type WeightsError } from '../errors/errors.ts';
import { MAX_JSON, MAX_JSON_DEPTH, MAX_JSON_VALUES } from './limits.ts';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING: readonly number[] = [0x5b, 0x7b];
const CLOSING: readonly number[] = [0x5d, 0x7d];

/**
 * @internal Parses JSON that is not trusted. It counts depth and values before it parses, because parsed values can take 20
 * times the memory of their text. Throws what `wrong` makes of what is wrong: "is not JSON: …".
 */
export function parseJson(
  bytes: Uint8Array,
  wrong: (what: string, cause?: unknown) => WeightsError,
  options?: TextDecoderOptions,
): unknown {
  if (bytes.length > MAX_JSON) throw wrong(`is longer than the limit of ${MAX_JSON} bytes for JSON`);
  let [depth, values, isText] = [0, 0, false];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (isText && byte === BACKSLASH) i++;
    else if (byte === QUOTE) isText = !isText;
    else if (isText) continue;
    else if (byte === COMMA) values++;
    else if (OPENING.includes(byte)) [depth, values] = [depth + 1, values + 1];
    else if (CLOSING.includes(byte)) depth--;
    if (depth > MAX_JSON_DEPTH) throw wrong(`is JSON that is nested over ${MAX_JSON_DEPTH} deep`);
    if (values > MAX_JSON_VALUES) throw wrong(`is JSON of over ${MAX_JSON_VALUES} values`);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', options).decode(bytes));
  } catch (cause) {
    throw wrong(`is not JSON: ${messageOf(cause)}`, cause);
  }
}
