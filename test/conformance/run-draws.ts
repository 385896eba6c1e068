import * as fc from 'fast-check';
import { useEngine, type EngineName } from 'sluice';
import { beforeAll, describe, expect, test } from 'vitest';
import { computed, expectClose, piped } from '../support/compute.ts';
import { DRAWS } from './draws.ts';
import { asWeight } from './grids.ts';

/** Sums of up to 5 · 5 · 12 products of numbers under 1, so of about 10 in size, in single precision. */
const TOLERANCE = 2e-5;

/** Holds an engine, in Node or in a browser, to so many draws of each kind, each to its numbers or its error. */
export function runDraws(engine: EngineName, runs: number, seed: number): void {
  describe(`random windows on ${engine}, seed ${seed}`, () => {
    beforeAll(async () => {
      await useEngine(engine);
    });

    test.each(Object.entries(DRAWS))('%s', { timeout: 300_000 }, async (_name, draws) => {
      let [right, refused] = [0, 0];
      await fc.assert(
        fc.asyncProperty(draws, async ({ make, x, weights = {}, expected }) => {
          const wanted = expected();
          if (typeof wanted === 'function') {
            refused++;
            const attempt = () => make().outputShape(x.shape);
            expect(attempt).toThrow(wanted);
            return;
          }
          right++;
          const given = Object.fromEntries(Object.entries(weights).map(([name, grid]) => [name, asWeight(grid)]));
          const actual =
            engine === 'onnxruntime' ? await piped(make(), x, given) : await computed(make() as never, x, given);
          expectClose(actual, wanted, TOLERANCE);
        }),
        { numRuns: runs, seed },
      );
      expect(right, 'draws that are possible').toBeGreaterThan(runs / 4);
      expect(refused, 'draws that are impossible').toBeGreaterThan(runs / 10);
    });
  });
}
