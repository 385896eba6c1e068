import { SourceError } from '../errors.ts';
import { startChild } from '../sources/ffmpeg/children.ts';
import type { OpenMedia } from '../sources/ffmpeg/media.ts';

/** A file's frames in the order they are shown. */
export type FrameIndex = readonly IndexedFrame[];

/** One frame, as the container tells of it. */
export interface IndexedFrame {
  /** µs. */
  readonly time: number;
  /** Decoding can begin here. */
  readonly isKey: boolean;
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
  readonly #frames: IndexedFrame[] = [];
  #scale = NaN;
  #rest = '';

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, 1000);
    for (const line of lines) this.#line(line);
  }

  inOrder(): FrameIndex | undefined {
    const frames = this.#frames.toSorted((a, b) => a.time - b.time);
    const increases = frames.every(({ time }, i) => i === 0 || time > (frames[i - 1]?.time ?? Infinity));
    return increases && frames[0]?.isKey ? frames : undefined;
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
    if (!Number.isSafeInteger(time) || this.#frames.length >= MOST_FRAMES) this.isBad = true;
    else this.#frames.push({ time, isKey: (bits & 1) === 1 });
  }
}
