import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '../../../src/errors/errors.ts';
import { bytesOf } from '../input.ts';
import type { FuzzTarget, Sandbox } from '../target.ts';

const faulty = (read: (sandbox: Sandbox) => void | Promise<void>): FuzzTarget => ({
  seeds: () => [{ 'any.bin': bytesOf('any bytes') }],
  read: async (_input, sandbox) => {
    await read(sandbox);
    throw new SluiceError('option', 'refused');
  },
});

const held: Buffer[] = [];

/** Targets with one fault each, to test that it is found. */
export const faultyTargets: Readonly<Record<string, FuzzTarget>> = {
  faultyError: faulty(() => {
    throw new TypeError('not an error of sluice');
  }),
  faultyLater: faulty(async () => {
    setTimeout(() => {
      throw new TypeError('thrown later');
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }),
  faultyHang: faulty(() => {
    for (;;);
  }),
  faultyDeath: faulty(() => process.kill(process.pid, 'SIGKILL') as unknown as void),
  faultyMemory: faulty(() => void held.push(Buffer.alloc(400e6, 1))),
  faultyConnection: faulty(async ({ forbidden }) => void (await fetch(forbidden))),
  faultyFile: faulty(({ folder }) => writeFileSync(path.join(folder, '../../outside'), '')),
};
