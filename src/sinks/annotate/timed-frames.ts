import { isA } from '../../errors/is-a.ts';
/**
 * Writes raw pictures with their times as a Matroska stream without end. Of the containers that ffmpeg reads from a pipe, only
 * Matroska keeps times to the microsecond. Its elements are `id size content`.
 */

/** The bytes before the first picture of a stream of rgb24 pictures. */
export function streamHead(width: number, height: number): Uint8Array {
  const header = element(0x1a45dfa3, [
    element(0x4286, number(1)),
    element(0x42f7, number(1)),
    element(0x42f2, number(4)),
    element(0x42f3, number(8)),
    element(0x4282, text('matroska')),
    element(0x4287, number(4)),
    element(0x4285, number(2)),
  ]);
  // The time unit: 1,000 ns.
  const info = element(0x1549a966, [
    element(0x2ad7b1, number(1000)),
    element(0x4d80, text('sluice')),
    element(0x5741, text('sluice')),
  ]);
  const video = element(0xe0, [
    element(0xb0, number(width)),
    element(0xba, number(height)),
    // The pixel format: RGB with 24 bits.
    element(0x2eb524, Uint8Array.from([0x52, 0x47, 0x42, 24])),
  ]);
  const track = element(0xae, [
    element(0xd7, number(1)),
    element(0x73c5, number(1)),
    element(0x9c, number(0)),
    element(0x83, number(1)),
    element(0x86, text('V_UNCOMPRESSED')),
    video,
  ]);
  // A segment of unknown length. It ends with the stream.
  const segment = Uint8Array.from([0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  return joined([header, segment, info, element(0x1654ae6b, track)]);
}

/** The bytes before a picture of `bytes` bytes at `timestamp` (µs). */
export function frameHead(timestamp: number, bytes: number): Uint8Array {
  const time = element(0xe7, number(timestamp));
  // Track 1, time 0 relative to the cluster, a key frame.
  const block = joined([idOf(0xa3), sizeOf(bytes + 4), Uint8Array.from([0x81, 0, 0, 0x80])]);
  return joined([idOf(0x1f43b675), sizeOf(time.length + block.length + bytes), time, block]);
}

function element(id: number, content: Uint8Array | readonly Uint8Array[]): Uint8Array {
  const bytes = isA('Uint8Array', content) ? content : joined(content);
  return joined([idOf(id), sizeOf(bytes.length), bytes]);
}

/** An id without leading zero bytes. Its first bits encode its length. */
function idOf(id: number): Uint8Array {
  const bytes = number(id);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

/** A size, encoded in eight bytes. */
function sizeOf(size: number): Uint8Array {
  const bytes = number(size);
  bytes[0] = 0x01;
  return bytes;
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, Math.round(value))));
  return bytes;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
