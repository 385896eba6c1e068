import * as tf from '@tensorflow/tfjs-core';
import type { Observable } from 'rxjs';
import { releaseModels, type Ledger, type LedgerCounts } from 'sluice';
import { afterEach, beforeEach, expect, vi } from 'vitest';

/** The conservation law: every frame that was produced is in exactly one place. Gives what is wrong, if anything. */
export function imbalance(counts: LedgerCounts): string | undefined {
  const { produced, delivered, discarded, failed, dropped, inFlight, waiting } = counts;
  const drops = Object.values(dropped);
  const sum = drops.reduce((total, count) => total + count, delivered + discarded + failed + inFlight);
  if (sum !== produced) return `${sum} frames are accounted for, not ${produced}: ${JSON.stringify(counts)}`;
  if (waiting > inFlight) return `more frames wait than are in flight: ${JSON.stringify(counts)}`;
  const least = Math.min(produced, delivered, discarded, failed, inFlight, waiting, ...drops);
  return least >= 0 ? undefined : `a count is below 0: ${JSON.stringify(counts)}`;
}

/** Throws where the law is broken. */
export function expectLaw(counts: LedgerCounts): void {
  expect(imbalance(counts), 'the law').toBeUndefined();
}

/** The account as it stands, with the law checked and nothing left on the way; drops that are 0 are left out. */
export function closedAccount({ ledger }: { readonly ledger: Ledger }): Record<string, number> {
  const { counts } = ledger;
  expectLaw(counts);
  expect(counts.inFlight, 'frames in flight at the end').toBe(0);
  const { produced, delivered, discarded, failed, dropped } = counts;
  const drops = Object.entries(dropped).filter(([, count]) => count > 0);
  return { produced, delivered, discarded, failed, ...Object.fromEntries(drops) };
}

/** Every state of the account from now on, each held to the law; `leases()` gives the most that were open at once. */
export function watch({ ledger }: { readonly ledger: Ledger }): { states: LedgerCounts[]; leases: () => number } {
  const states: LedgerCounts[] = [];
  const broken: unknown[] = [];
  ledger.subscribe((counts) => {
    states.push(counts);
    try {
      expectLaw(counts);
    } catch (error) {
      broken.push(error);
    }
  });
  return {
    states,
    leases: () => {
      expect(broken, 'states that break the law').toEqual([]);
      return Math.max(...states.map(({ inFlight, waiting }) => inFlight - waiting));
    },
  };
}

/** How a stream went. */
export interface Run<T> {
  readonly values: T[];
  readonly completed: boolean;
  readonly error?: unknown;
}

/** Subscribes, and waits for the end. */
export function run<T>(stream: Observable<T>): Promise<Run<T>> {
  return new Promise((resolve) => {
    const values: T[] = [];
    stream.subscribe({
      next: (value) => values.push(value),
      error: (error: unknown) => resolve({ values, completed: false, error }),
      complete: () => resolve({ values, completed: true }),
    });
  });
}

/** Long enough for every microtask, readback and timer of 0 ms that is due. */
export async function idle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Runs something, and holds it to leaving as many tensors as it found, but for models that wait for their next pipe. */
export async function leakFree<T>(body: () => T | Promise<T>): Promise<T> {
  await releaseModels();
  const before = tf.memory().numTensors;
  const result = await body();
  await vi.waitFor(
    async () => {
      await releaseModels();
      expect(tf.memory().numTensors, 'tensors left').toBe(before);
    },
    { timeout: 20_000, interval: 5 },
  );
  return result;
}

/** Holds each test of a block to leaving as many tensors as it found. Gives how many that were. */
export function tensorsStay(): () => number {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(async () => {
    await releaseModels();
    expect(tf.memory().numTensors, 'tensors left').toBe(before);
  });
  return () => before;
}
