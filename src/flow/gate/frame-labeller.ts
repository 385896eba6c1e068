import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { picked } from '../../errors/picked.ts';
import { free } from '../../frames/free.ts';
import { now } from '../../frames/clock.ts';
import { pixelsOf } from '../../stage/picture.ts';
import type { Arrival } from './arrival.ts';
import { bytesOf } from './bytes-of.ts';
import type { BufferedFrame } from './frame-buffer.ts';

/** Turns arrivals into frames that can wait at the gate: gives each its number and label, and its size in memory. */
export class FrameLabeller<T> {
  readonly #name: string;
  #seq = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Throws `OptionError` for an arrival that is malformed, and for data of unknown size if `countsBytes`. */
  receive(arrival: Arrival<T>, countsBytes: boolean): BufferedFrame<T> {
    const name = this.#name;
    if (typeof arrival !== 'object' || arrival === null) {
      throw new OptionError(`${name}: each frame must come as { data, timestamp }, not ${describeValue(arrival)}`);
    }
    const { timestamp, source = name, target, weight, scene, missed = 0, arrivedAt = now(), from } = arrival;
    const data = pixelsOf(arrival.data) as T;
    const bytes = bytesOf(data);
    if (countsBytes && bytes === 0) {
      free(data);
      throw new OptionError(
        `${name}: policy { buffer: { bytes } } needs frames of a known size (with a byteLength, a tensor, a ` +
          `picture), not ${describeValue(data)}. Use { buffer: frames }.`,
      );
    }
    if (!Number.isSafeInteger(missed) || missed < 0) {
      free(data);
      throw new OptionError(`${name}: missed must be a whole number of frames, not ${describeValue(missed)}`);
    }
    this.#seq += missed;
    const label = from?.label ?? {
      source,
      seq: this.#seq++,
      timestamp,
      ...picked({ scene, target, weight }),
    };
    return { data, label, arrivedAt, bytes, missed, before: from };
  }
}
