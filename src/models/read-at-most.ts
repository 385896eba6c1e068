/**
 * The most bytes that a file may have. As a function: given the bytes that were read, at least {@link HEAD} or all of a
 * shorter file, and asked again when there are more than it allowed. It may throw, so that nothing more is read. Of a file on disk
 * it also gets the whole length.
 */
export type ByteLimit = number | ((read: Uint8Array, length?: number) => number);

/** @internal How many bytes of a file a {@link ByteLimit} sees at least. */
export const HEAD = 128;

/** @internal There is such a file, but it is too long, or not a regular file. */
export class Refused extends Error {}

/**
 * @internal Joins the chunks of a file, and counts them. Throws `Refused` as soon as there are more bytes than the limit.
 * `perhaps` is the length that the file is said to have: memory is taken for it at once. A chunk may be overwritten when the
 * next one is asked for.
 */
export async function readAtMost(
  chunks: AsyncIterable<Uint8Array>,
  limit: ByteLimit,
  perhaps: number,
): Promise<Uint8Array> {
  let bytes = new Uint8Array(HEAD);
  let [length, most] = [0, 0];
  const check = () => {
    while (length > most) {
      const more = typeof limit === 'number' ? limit : limit(bytes.subarray(0, length));
      if (more <= most) throw tooLong(most);
      most = more;
    }
  };
  for await (const chunk of chunks) {
    const end = length + chunk.length;
    if (end > bytes.length) {
      const larger = new Uint8Array(Math.max(end, Math.min(most, Math.max(perhaps, 2 * end))));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    bytes.set(chunk, length);
    length = end;
    if (length >= HEAD) check();
  }
  check();
  return bytes.subarray(0, length);
}

/** @internal */
export function tooLong(most: number): Refused {
  return new Refused(`it is longer than the limit of ${most} bytes`);
}
