import { beforeAll, expect, it } from 'vitest';
import { useEngine } from 'sluice';
import { imbalance } from '../balance.ts';
import { soak } from './run.ts';

beforeAll(async () => {
  await useEngine('wasm');
});

it('50,000 frames with faults and unsubscriptions leave no tensor and a balanced ledger', async () => {
  const { ledger, subscriptions, tensorsLeft, marks } = await soak(50_000);
  const { counts } = ledger;
  expect(counts.produced).toBeGreaterThanOrEqual(50_000);
  expect(counts.failed).toBeGreaterThan(counts.produced * 0.005);
  expect(subscriptions).toBeGreaterThan(5);
  expect(marks.length).toBeGreaterThanOrEqual(10);
  expect(tensorsLeft).toBe(0);
  expect(counts.inFlight).toBe(0);
  expect(imbalance(counts)).toBeUndefined();
});
