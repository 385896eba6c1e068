import type { ChildProcess } from 'node:child_process';
import type { ForwardProxy } from '../proxy/forward-proxy.ts';
import { startChild } from './children.ts';
import type { MediaInput } from './input.ts';
import type { Ffmpeg } from './locate.ts';
import { openProxy } from './remote-input.ts';

/** The most bytes of a picture that are looked through. */
const MOST_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** The first bytes of what a URL gives. ffmpeg fetches them, so that proxies, redirects and passwords work as in decoding. */
export class RemoteBytes {
  readonly #child: ChildProcess;
  readonly #chunks: AsyncIterator<Buffer> | undefined;
  readonly #timer: NodeJS.Timeout;
  #buffer: Buffer = Buffer.alloc(0);
  /** The position of the buffer's first byte. */
  #position = 0;

  private constructor(file: string, args: readonly string[], proxy: ForwardProxy | undefined, signal: AbortSignal) {
    const bytes = ['-f', 'data', ...args, '-map', '0', '-c', 'copy', '-f', 'data', 'pipe:1'];
    this.#child = startChild(file, ['-hide_banner', '-nostdin', '-v', 'quiet', ...bytes], 3, { proxy });
    this.#child.on('error', () => undefined);
    this.#child.stderr?.resume();
    this.#chunks = this.#child.stdout?.[Symbol.asyncIterator]();
    const kill = (): void => this.close();
    this.#timer = setTimeout(kill, TIMEOUT_MS);
    signal.addEventListener('abort', kill);
    this.#child.once('close', () => signal.removeEventListener('abort', kill));
  }

  /** Asks for the first bytes. */
  static async open(ffmpeg: Pick<Ffmpeg, 'path'>, input: MediaInput, signal: AbortSignal): Promise<RemoteBytes> {
    return new RemoteBytes(ffmpeg.path, input.args, await openProxy(input), signal);
  }

  /** As {@link ReadBytes}: what is before `position` is passed over and not kept. */
  async read(position: number, length: number): Promise<Buffer> {
    if (position < this.#position) return Buffer.alloc(0);
    const end = position + length;
    while (this.#position + this.#buffer.length < end && end <= MOST_BYTES) {
      const next = await this.#chunks?.next();
      if (next === undefined || next.done) break;
      this.#buffer = Buffer.concat([this.#buffer, next.value]);
      this.#drop(position);
    }
    this.#drop(position);
    return this.#buffer.subarray(0, length);
  }

  /** Ends the connection. */
  close(): void {
    clearTimeout(this.#timer);
    this.#child.kill('SIGKILL');
    this.#child.stdout?.destroy();
  }

  #drop(position: number): void {
    const passed = Math.min(this.#buffer.length, Math.max(0, position - this.#position));
    this.#buffer = this.#buffer.subarray(passed);
    this.#position += passed;
  }
}
