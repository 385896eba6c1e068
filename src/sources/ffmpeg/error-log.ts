import { withoutSecrets } from '../source-name.ts';
import { ConnectionLog } from './connection-log.ts';

const KEPT_LINES = 20;
const KEPT_CHARACTERS = 500;
/** Of a line that is not complete. */
const MOST_CHARACTERS = 16_384;

/** Raw pixels have no times, yet ffmpeg complains of those that do not increase. `FrameClock` tells of them. */
const OF_TIMES = /non monotonically increasing dts to muxer/;

/** About a photo's tags and not its pixels: ffmpeg does not know all ways to write them, and sluice reads them itself. */
const ABOUT_TAGS = /(invalid TIFF header in|error decoding) EXIF data/i;

/** The lines that ffmpeg wrote to stderr: all are counted, and only the first ones are kept, to bound the memory. */
export class ErrorLog {
  readonly lines: string[] = [];
  /** What is about the connection to a server; this is not counted. */
  readonly connection = new ConnectionLog();
  count = 0;
  #rest = '';
  #isIgnored = false;

  /** Takes the next piece of text. */
  push(text: string): void {
    const parts = (this.#rest + text).split('\n');
    this.#rest = (parts.pop() ?? '').slice(0, MOST_CHARACTERS);
    for (const part of parts) this.#line(part);
  }

  /** Takes the remaining text as the last line. */
  end(): void {
    this.#line(this.#rest);
    this.#rest = '';
  }

  #line(text: string): void {
    const error = this.connection.take(text);
    if (error === undefined) return;
    const line = withoutSecrets(error.replace(/\r$/, '')).slice(0, KEPT_CHARACTERS);
    if (line.trim() === '' || ABOUT_TAGS.test(line)) return;
    const repeated = /^\s*Last message repeated (\d+) times/.exec(line)?.[1];
    if (repeated !== undefined) {
      if (!this.#isIgnored) this.count += Number(repeated);
      return;
    }
    this.#isIgnored = OF_TIMES.test(line);
    if (this.#isIgnored) return;
    this.count++;
    // Without the address in `[h264 @ 0x55d0c81b0a40]`, which differs from run to run.
    if (this.lines.length < KEPT_LINES) this.lines.push(line.replace(/ @ 0x[0-9a-f]+\]/, ']').trim());
  }
}
