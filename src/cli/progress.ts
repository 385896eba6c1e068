import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a file is: a bar on a terminal, a plain line now and then elsewhere, nothing when quiet. */
export interface Progress {
  start(file: string, total: number | undefined): void;
  update(frames: number): void;
  stop(): void;
}

const LINE_EVERY_MS = 5000;

/** The progress that suits a stream. */
export function createProgress(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet) return { start: () => undefined, update: () => undefined, stop: () => undefined };
  return stream.isTTY ? new BarProgress(stream) : new LineProgress(stream);
}

/** How many frames a file has done, and how fast. */
class Pace {
  file = '';
  total: number | undefined;
  frames = 0;
  #startedAt = performance.now();

  start(file: string, total: number | undefined): void {
    this.file = file;
    this.total = total;
    this.frames = 0;
    this.#startedAt = performance.now();
  }

  get rate(): number {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return seconds > 0 ? this.frames / seconds : 0;
  }

  get eta(): string {
    if (this.total === undefined || this.rate === 0) return '–';
    return `${Math.ceil(Math.max(0, this.total - this.frames) / this.rate)} s`;
  }
}

class BarProgress implements Progress {
  readonly #bar: SingleBar;
  readonly #pace = new Pace();

  constructor(stream: NodeJS.WriteStream) {
    const format = '{file} {bar} {percentage} % | {value}/{count} frames | {rate} frames/s | ETA {left}';
    // Drawn by us on update, not by a timer, which would not run while a frame is computed.
    this.#bar = new SingleBar(
      { format, stream, hideCursor: true, clearOnComplete: true, barsize: 24, noTTYOutput: false, fps: 10 },
      Presets.shades_classic,
    );
  }

  start(file: string, total: number | undefined): void {
    this.#pace.start(file, total);
    this.#bar.start(total ?? 1, 0, this.#payload());
  }

  update(frames: number): void {
    this.#pace.frames = frames;
    if (!this.#bar.isActive) return;
    // The total is an estimate: the bar never says more than all of it.
    if (frames > this.#bar.getTotal()) this.#bar.setTotal(frames);
    this.#bar.update(frames, this.#payload());
  }

  stop(): void {
    this.#bar.stop();
  }

  #payload(): object {
    const { file, total, rate, eta } = this.#pace;
    return { file, count: total ?? '?', rate: rate.toFixed(1), left: eta };
  }
}

class LineProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #pace = new Pace();
  #lastAt = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  start(file: string, total: number | undefined): void {
    this.#pace.start(file, total);
    this.#lastAt = performance.now();
  }

  update(frames: number): void {
    this.#pace.frames = frames;
    if (performance.now() - this.#lastAt < LINE_EVERY_MS) return;
    this.#lastAt = performance.now();
    this.#line();
  }

  stop(): void {
    if (this.#pace.frames > 0) this.#line();
    this.#pace.frames = 0;
  }

  #line(): void {
    const { file, total, frames, rate, eta } = this.#pace;
    const percent = total === undefined ? '' : ` (${Math.min(100, Math.round((100 * frames) / total))} %)`;
    this.#stream.write(`${file}: ${frames} frames${percent}, ${rate.toFixed(1)} frames/s, ETA ${eta}\n`);
  }
}
