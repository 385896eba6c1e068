import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { free } from '../../frames/free.ts';
import { now } from '../../frames/clock.ts';
import type { Arrival } from './arrival.ts';
import { bytesOf } from './bytes-of.ts';
import type { BufferedFrame } from './frame-buffer.ts';

/** Makes of what a source brings frames that can wait: numbers them, labels them, weighs them. */
export class FrameLabeller<T> {
  readonly #name: string;
  #seq = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Throws `OptionError` for what is no frame, and, where bytes are counted, for one that has none. */
  receive(arrival: Arrival<T>, countsBytes: boolean): BufferedFrame<T> {
    const name = this.#name;
    if (typeof arrival !== 'object' || arrival === null) {
      throw new OptionError(`${name}: each frame must come as { data, timestamp }, not ${describeValue(arrival)}`);
    }
    const { data, timestamp, source = name, missed = 0, from } = arrival;
    const bytes = bytesOf(data);
    if (countsBytes && bytes === 0) {
      free(data);
      throw new OptionError(
        `${name}: policy { buffer: { bytes } } needs frames that tell how large they are (byteLength, a tensor, a ` +
          `picture), not ${describeValue(data)}. Use { buffer: frames }.`,
      );
    }
    if (!Number.isSafeInteger(missed) || missed < 0) {
      free(data);
      throw new OptionError(`${name}: missed must be a number of frames, not ${describeValue(missed)}`);
    }
    this.#seq += missed;
    const label = from?.label ?? { source, seq: this.#seq++, timestamp };
    return { data, label, arrivedAt: now(), bytes, missed, before: from };
  }
}
