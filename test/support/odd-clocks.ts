import { readFileSync } from 'node:fs';
import { writeWith } from './media.ts';

/** An MP4 in which one packet in the middle is shown so many seconds later; the time at which it is decoded stays. */
export function withLatePacket(mp4: string, seconds: number, least = 10): string {
  const bytes = Buffer.from(readFileSync(mp4));
  // Its edit list would cut off what comes after the end.
  bytes.write('free', bytes.indexOf('edts'), 'latin1');
  const timescale = bytes.readUInt32BE(bytes.indexOf('mdhd') + 16);
  const ctts = bytes.indexOf('ctts');
  let packet = 0;
  for (let at = ctts + 12, i = 0; i < bytes.readUInt32BE(ctts + 8); at += 8, i++) {
    const count = bytes.readUInt32BE(at);
    packet += count;
    if (packet < least || count > 1) continue;
    bytes.writeUInt32BE(bytes.readUInt32BE(at + 4) + seconds * timescale, at + 4);
    return writeWith('outlier.mp4', bytes);
  }
  throw new Error('every packet shares its entry with others');
}

/** An FLV file whose clock starts anew half-way: its tags come twice. */
export function flvTwice(flv: string): string {
  const bytes = readFileSync(flv);
  return writeWith('twice.flv', Buffer.concat([bytes, bytes.subarray(13)]));
}

/** These files, one behind the other. */
export function joined(name: string, ...files: string[]): string {
  return writeWith(name, Buffer.concat(files.map((file) => readFileSync(file))));
}
