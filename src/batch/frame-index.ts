import { SourceError } from '../errors/errors.ts';
import { startChild } from '../sources/ffmpeg/children.ts';
import type { OpenMedia } from '../sources/ffmpeg/media.ts';
import { openProxy } from '../sources/ffmpeg/remote-input.ts';

/** The frames of a file in display order, as its container lists them. */
export interface FrameIndex {
  /** The time of the first frame by the file's clock, µs. */
  readonly origin: number;
  /** The timestamp of each frame, µs after the first one. */
  readonly times: Float64Array;
  /** 1 for each key frame, where decoding can begin; 0 for the others. */
  readonly keys: Uint8Array;
}

/** Files with more frames are labelled as one part. */
const MOST_FRAMES = 10_000_000;
/** ffmpeg's flag of packets that a decoder must drop after decoding. */
const DISCARD_FLAG = 4;

/**
 * Reads the timestamps of all frames and which of them are key frames, without decoding: ffmpeg copies the packets and
 * prints their properties. Returns undefined if the list is not reliable: a timestamp is missing or occurs twice, the first
 * frame is no key frame, or ffmpeg prints an error. Throws `SourceError` (`probe-failed`) if a signal ended ffmpeg.
 */
export async function indexFrames(media: OpenMedia, signal: AbortSignal): Promise<FrameIndex | undefined> {
  const { ffmpeg, input, info } = media;
  const list = new PacketList();
  const copy = ['-map', `0:${info.stream}`, '-c', 'copy', '-copyinkf', '-f', 'framecrc', 'pipe:1'];
  const args = ['-hide_banner', '-nostdin', '-v', 'error', '-copyts', ...input.args, ...copy];
  const proxy = await openProxy(input);
  const end = await new Promise<{ code: number | null; killedBy: NodeJS.Signals | null }>((resolve, reject) => {
    const child = startChild(ffmpeg.path, args, 3, { proxy });
    if (signal.aborted) child.kill('SIGKILL');
    const kill = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', kill);
    child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      list.push(text);
      if (list.isBad) kill();
    });
    child.stderr?.on('data', () => (list.isBad = true));
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      resolve({ code, killedBy });
    });
  });
  signal.throwIfAborted();
  if (list.isBad) return undefined;
  if (end.killedBy !== null) {
    throw new SourceError(
      'probe-failed',
      `${input.name}: the signal ${end.killedBy} ended ffmpeg while it listed the frames`,
    );
  }
  return end.code === 0 ? list.toIndex() : undefined;
}

/** Parses lines `stream, dts, pts, duration, size, checksum[, F=flags]`. A packet without flags is a key frame. */
class PacketList {
  /** Whether a line cannot be used, so that the whole list is useless. */
  isBad = false;
  /** For each frame twice its timestamp, plus 1 for a key frame: one number a frame saves memory. */
  #frames = new Float64Array(1024);
  #count = 0;
  #scale = NaN;
  #rest = '';

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, 1000);
    for (const line of lines) this.#line(line);
  }

  /** Returns the frames by timestamp; undefined if two timestamps are equal or the first frame is no key frame. */
  toIndex(): FrameIndex | undefined {
    const frames = this.#frames.subarray(0, this.#count).toSorted();
    const own = frames.map((frame) => Math.floor(frame / 2));
    const keys = Uint8Array.from(frames, (frame, i) => frame - 2 * (own[i] ?? 0));
    const increases = own.every((time, i) => i === 0 || time > (own[i - 1] ?? Infinity));
    const origin = own[0] ?? 0;
    return increases && keys[0] === 1 ? { origin, times: own.map((time) => time - origin), keys } : undefined;
  }

  #line(line: string): void {
    if (line.startsWith('#')) {
      const [, ticks, per] = /^#tb 0: (\d+)\/(\d+)/.exec(line) ?? [];
      if (ticks !== undefined) this.#scale = (Number(ticks) * 1e6) / Number(per);
      return;
    }
    const [, , pts = '', , , , flags] = line.split(',');
    const bits = flags === undefined ? 1 : Number.parseInt(flags.trim().slice('F=0x'.length), 16);
    if (bits & DISCARD_FLAG) return;
    const exact = Number(pts) * this.#scale;
    const time = Math.sign(exact) * Math.round(Math.abs(exact));
    // ffmpeg prints −2⁶³ for a packet without a timestamp.
    if (!Number.isSafeInteger(2 * time) || this.#count >= MOST_FRAMES) this.isBad = true;
    else this.#push(2 * time + (bits & 1));
  }

  #push(frame: number): void {
    if (this.#count === this.#frames.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#frames);
      this.#frames = larger;
    }
    this.#frames[this.#count++] = frame;
  }
}
