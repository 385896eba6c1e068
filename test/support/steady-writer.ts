import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { scratch } from './media.ts';

/** Writes a frame every 20 ms, whether it is read or not, and notes in a file how many it has written. */
const PROGRAM = `
const { renameSync, writeFileSync } = require('node:fs');
const [counter, size, count] = [process.argv[1], Number(process.argv[2]), Number(process.argv[3])];
let n = 0;
const timer = setInterval(() => {
  const frame = Buffer.alloc(size);
  frame.writeUInt32LE(n);
  process.stdout.write(frame);
  writeFileSync(counter + '~', String(++n));
  renameSync(counter + '~', counter);
  if (n === count) clearInterval(timer);
}, 20);
`;

/** A process that writes frames to a pipe at its own pace, as a live decoder does. */
export class SteadyWriter {
  readonly child: ChildProcess;
  readonly #counter: string;

  constructor(size: number, count: number) {
    this.#counter = path.join(scratch(), 'count');
    writeFileSync(this.#counter, '0');
    const args = ['-e', PROGRAM, this.#counter, String(size), String(count)];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** How many frames it has written. */
  get written(): number {
    return Number(readFileSync(this.#counter, 'utf8'));
  }

  /** Keeps the thread busy until so many frames are written, as a synchronous engine does. */
  holdUntil(count: number): void {
    while (this.written < count) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}
