const SYNC = 0x47;
/** The distances between packets of MPEG-TS: plain, with a time before each (AVCHD, Blu-ray), with error correction behind. */
const DISTANCES = [188, 192, 204];
/** So many packets in a row are no accident. A short file may have fewer, but not fewer than the least. */
const [ENOUGH, LEAST] = [5, 3];

/**
 * Returns whether bytes are a part of an MPEG-TS stream: packets that begin with the sync byte, at even distances. They may begin
 * in the middle of a packet or after other data.
 */
export function isTransportStream(bytes: Uint8Array): boolean {
  return DISTANCES.some((distance) => {
    const packets = Math.min(ENOUGH, Math.floor(bytes.length / distance));
    if (packets < LEAST) return false;
    const last = bytes.length - (packets - 1) * distance;
    for (let start = bytes.indexOf(SYNC); start >= 0 && start < last; start = bytes.indexOf(SYNC, start + 1)) {
      let found = 1;
      while (found < packets && bytes[start + found * distance] === SYNC) found++;
      if (found === packets) return true;
    }
    return false;
  });
}
