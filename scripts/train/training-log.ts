import type { FitProgress } from 'sluice';

/** Writes the epochs of a training as lines that are kept with its weights. */
export class TrainingLog {
  readonly lines: string[] = [];
  readonly #began = performance.now();

  /** Notes a line, and prints it. */
  note(line: string): void {
    this.lines.push(line);
    console.log(line);
  }

  /** Notes the end of an epoch; prints the others on one line of a terminal. */
  progress({ kind, epoch, step, loss, accuracy, examplesPerSecond, learningRate, validation }: FitProgress): void {
    const share = (value: number | undefined) => (value === undefined ? '–' : `${(100 * value).toFixed(2)} %`);
    if (kind === 'step') {
      if (!process.stderr.isTTY || step % 10 !== 0) return;
      process.stderr.write(
        `\repoch ${epoch}, step ${step}: loss ${loss.toFixed(4)}, ${examplesPerSecond.toFixed(0)} examples/s `,
      );
      return;
    }
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    const minutes = ((performance.now() - this.#began) / 60_000).toFixed(1);
    this.note(
      `epoch ${epoch}: loss ${loss.toFixed(4)}, right ${share(accuracy)}; held out: loss ${validation?.loss.toFixed(4) ?? '–'}, ` +
        `right ${share(validation?.accuracy)}; rate ${learningRate.toPrecision(3)}, ${examplesPerSecond.toFixed(0)} examples/s, ${minutes} min`,
    );
  }
}
