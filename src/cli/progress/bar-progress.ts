import { SingleBar } from 'cli-progress';
import { printable } from '../../sinks/formats/invisible.ts';
import { print } from '../output.ts';
import { Pace } from './pace.ts';
import type { Progress } from './progress.ts';

const BAR = 24;
const PREFERRED_BAR = 14;
const MIN_BAR = 8;
const MIN_NAME = 12;
const DEFAULT_COLUMNS = 80;

/** Progress for terminals: one line, redrawn at most ten times a second and removed at the end. */
export class BarProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #bar: SingleBar;
  #pace: Pace | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    const format = () => (this.#pace ? printable(barLine(this.#pace, (stream.columns || DEFAULT_COLUMNS) - 1)) : '');
    // cli-progress turns line wrap off, and a killed process would leave it off. barLine cuts its lines to fit instead.
    this.#bar = new SingleBar({
      format,
      stream,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: true,
      gracefulExit: false,
    });
  }

  start(file: string, total: number | undefined): void {
    this.#pace = new Pace(file, total);
    this.#bar.start(1, 0);
  }

  update(frames: number): void {
    if (!this.#pace) return;
    this.#pace.update(frames);
    // Drawn here because a timer would wait for the frame that is being computed.
    if (this.#bar.isActive) this.#bar.update(0);
    else this.#bar.start(1, 0);
  }

  done(): void {
    this.stop();
  }

  stop(): void {
    this.#pace = undefined;
    this.#bar.stop();
  }

  /** Writes the line in place of the bar. The next update draws the bar again. */
  say(line: string): void {
    this.#bar.stop();
    print(this.#stream, `${line}\n`);
  }
}

/** `clip.mp4 ███████░░░░░  58 %  162/280 frames  31.4 frames/s  ETA 4 s`, in at most `columns` columns. A narrow line keeps the numbers. */
export function barLine({ file, frames, total, part, rate, eta }: Pace, columns: number): string {
  const counted = `${frames}${total === undefined ? '' : `/${total}`} frames  ${rate.toFixed(1)} frames/s`;
  const known = part !== undefined;
  const numbers = known ? `${String(Math.floor(100 * part)).padStart(3)} %  ${counted}  ETA ${eta}` : counted;
  const room = columns - numbers.length - 2;
  const name = shorten(file, known ? Math.max(MIN_NAME, room - PREFERRED_BAR) : room);
  const bar = Math.min(BAR, room - widthOf(name));
  const drawn = known && bar >= MIN_BAR ? `${'█'.repeat(Math.round(bar * part)).padEnd(bar, '░')} ` : '';
  const line = `${name} ${drawn}${numbers}`;
  return widthOf(line) <= columns ? line : numbers.trimStart().slice(0, columns);
}

/** Shortens a path to its end. A counter before the path (`[2/5] `) stays. */
export function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = Array.from(text.replace(/^(\[\d+\/\d+\] )?.*\//, '$1'));
  if (widthOf(kept.join('')) <= columns) return kept.join('');
  while (kept.length > 0 && widthOf(kept.join('')) + 1 > columns) kept = kept.slice(1);
  return `…${kept.join('')}`;
}

/** The width of text on a terminal in columns. Chinese, Japanese, Korean and emoji characters take two. */
function widthOf(text: string): number {
  return Array.from(text).reduce((sum, c) => sum + ((c.codePointAt(0) ?? 0) >= 0x2e80 ? 2 : 1), 0);
}
