import { dispose } from '@tensorflow/tfjs-core';
import type { Input } from './inputs.ts';

/**
 * Inputs in random order, within the memory of a buffer: it holds up to `size` of them, and each new one takes the place of one that is
 * drawn.
 */
export async function* shuffled(
  inputs: AsyncIterable<Input>,
  size: number,
  random: () => number,
): AsyncGenerator<Input, void> {
  const buffer: Input[] = [];
  try {
    for await (const input of inputs) {
      if (buffer.length < size) {
        buffer.push(input);
        continue;
      }
      const place = Math.floor(random() * size);
      const drawn = buffer[place] as Input;
      buffer[place] = input;
      yield drawn;
    }
    while (buffer.length > 0) {
      const [drawn] = buffer.splice(Math.floor(random() * buffer.length), 1) as [Input];
      yield drawn;
    }
  } finally {
    dispose(buffer.map(({ x }) => x));
  }
}
