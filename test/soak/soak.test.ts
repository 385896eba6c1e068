import { useEngine } from 'sluice';
import { beforeAll, expect, it } from 'vitest';
import { expectLaw } from '../support/balance.ts';
import { soak } from './soak.ts';

beforeAll(() => useEngine('wasm'));

// `npm run soak` does the same for a million frames, and watches the memory.
it(
  '50,000 frames through ten stages, with faults, left and begun again: nothing is left over',
  { timeout: 120_000 },
  async () => {
    const { counts, subscriptions, tensors, broken, errors } = await soak(50_000, 1);
    expect([tensors, broken, errors]).toEqual([0, undefined, []]);
    expectLaw(counts);
    expect(counts.inFlight).toBe(0);
    expect(counts.produced).toBe(50_000);
    // That it went through all it was to go through.
    expect(subscriptions).toBeGreaterThan(30);
    expect(counts.failed).toBeGreaterThan(400);
    expect(counts.discarded).toBeGreaterThan(10);
    expect(counts.delivered).toBeGreaterThan(45_000);
  },
);
