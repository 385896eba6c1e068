import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { play, type Tally } from './schedules/play.ts';
import { schedules } from './schedules/schedule.ts';

// FUZZ_SEED=… and FUZZ_PATH=… (both are printed when one fails) play the same schedules again; FUZZ_RUNS=… plays more or fewer.
const seed = Number(process.env['FUZZ_SEED'] || 20_260_101);
const path = process.env['FUZZ_PATH'] ?? '';
const scale = Number(process.env['FUZZ_RUNS'] ?? 20_000) / 20_000;

it.each([
  ['a file that is read at once', 'sync', 6000],
  ['a file that takes its time', 'async', 6000],
  ['a camera', 'sampled', 8000],
] as const)(
  '%s: whatever comes, every frame is accounted for',
  async (_, source, runs) => {
    const tally: Tally = {};
    const property = fc.asyncProperty(schedules(source), async (schedule) => {
      expect(await play(schedule, { tally })).toEqual([]);
    });
    await fc.assert(property, { seed, path, numRuns: Math.ceil(runs * scale) });
    if (process.env['FUZZ_TALLY']) console.log(source, tally);
  },
  120_000,
);
