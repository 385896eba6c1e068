import { readLabels } from '../../../src/models/read-labels.ts';
import { bytesOf } from '../input.ts';
import type { FuzzTarget } from '../target.ts';

/** A list of class names. */
export const labels: FuzzTarget = {
  seeds: () => [{ 'labels.json': bytesOf('["cat", "dog", "a \\u0000 bird"]') }, { 'labels.json': bytesOf('[]') }],
  async read(input) {
    readLabels(input['labels.json'] ?? new Uint8Array(), 'labels.json');
  },
};
