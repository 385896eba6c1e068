import { SourceError } from '../errors/errors.ts';
import { startChild } from '../sources/ffmpeg/children.ts';
import type { OpenMedia } from '../sources/ffmpeg/media.ts';

/** A file's frames in the order they are shown, as the container tells of them. */
export interface FrameIndex {
  /** µs. */
  readonly times: Float64Array;
  /** 1 where decoding can begin. */
  readonly keys: Uint8Array;
}

const MOST_FRAMES = 10_000_000;
const DISCARDED = 4;

/**
 * Reads when each frame is shown, and which are key frames, without decoding any: ffmpeg copies the packets and prints
 * what they are. Undefined where that can't be relied on: no times, times twice, complaints.
 */
export async function indexFrames(media: OpenMedia, signal: AbortSignal): Promise<FrameIndex | undefined> {
  const { ffmpeg, input, info } = media;
  const list = new PacketList();
  const copy = ['-map', `0:${info.stream}`, '-c', 'copy', '-copyinkf', '-f', 'framecrc', 'pipe:1'];
  const args = ['-hide_banner', '-nostdin', '-v', 'error', '-copyts', ...input.args, ...copy];
  const end = await new Promise<{ code: number | null; killedBy: NodeJS.Signals | null }>((resolve, reject) => {
    signal.throwIfAborted();
    const child = startChild(ffmpeg.path, args, 3);
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
      `${input.name}: ffmpeg was ended by ${end.killedBy} while listing its frames`,
    );
  }
  return end.code === 0 ? list.inOrder() : undefined;
}

/** Reads `stream, dts, pts, duration, size, checksum[, F=flags]`; packets without flags are key frames and nothing else. */
class PacketList {
  isBad = false;
  /** Twice the time, and one more for a key frame: numbers alone, which cost no more memory than they are. */
  #frames = new Float64Array(1024);
  #count = 0;
  #scale = NaN;
  #rest = '';

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, 1000);
    for (const line of lines) this.#line(line);
  }

  inOrder(): FrameIndex | undefined {
    const frames = this.#frames.subarray(0, this.#count).toSorted();
    const times = frames.map((frame) => Math.floor(frame / 2));
    const keys = Uint8Array.from(frames, (frame, i) => frame - 2 * (times[i] ?? 0));
    const increases = times.every((time, i) => i === 0 || time > (times[i - 1] ?? Infinity));
    return increases && keys[0] === 1 ? { times, keys } : undefined;
  }

  #line(line: string): void {
    if (line.startsWith('#')) {
      const [, ticks, per] = /^#tb 0: (\d+)\/(\d+)/.exec(line) ?? [];
      if (ticks !== undefined) this.#scale = (Number(ticks) * 1e6) / Number(per);
      return;
    }
    const [, , pts = '', , , , flags] = line.split(',');
    const bits = flags === undefined ? 1 : Number.parseInt(flags.trim().slice('F=0x'.length), 16);
    if (bits & DISCARDED) return;
    const exact = Number(pts) * this.#scale;
    const time = Math.sign(exact) * Math.round(Math.abs(exact));
    // A packet without a time says −2⁶³.
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
