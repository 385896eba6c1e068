import { readLabels } from '../../../src/models/read-labels.ts';
import { bytesOf } from '../input.ts';
import type { FuzzTarget } from '../target.ts';

/** A list of class names, in each of its forms. */
export const labels: FuzzTarget = {
  seeds: () => [
    { 'labels.json': bytesOf('["cat", "dog", "a \\u0000 bird"]') },
    { 'labels.json': bytesOf('[]') },
    { 'labels.json': bytesOf('{"0": "cat", "1": ["n1", "dog"]}') },
    { 'labels.txt': bytesOf('0 cat\r\n1 dog\r\n\r\n') },
    { 'labels.txt': bytesOf("{0: 'cat', 1: \"dog\\'s\"}") },
    { 'labels.csv': bytesOf('index,name\n0,"a ""cat"""\n1,dog\n') },
    { 'labels.txt': new Uint8Array(Buffer.from('\uFEFFcat\ndog', 'utf16le')) },
  ],
  async read(input) {
    for (const [name, bytes] of Object.entries(input)) readLabels(bytes, name);
  },
};
