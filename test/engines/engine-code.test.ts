import { EngineError } from 'sluice';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { inTime } from '../../src/engines/engine-code.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('passes on what was loaded, and forgets its timer', async () => {
  await expect(inTime(Promise.resolve({ start: 1 }))).resolves.toEqual({ start: 1 });
  expect(vi.getTimerCount()).toBe(0);
});

it('passes on why nothing could be loaded', async () => {
  await expect(inTime(Promise.reject(new TypeError('no such chunk')))).rejects.toThrow('no such chunk');
  expect(vi.getTimerCount()).toBe(0);
});

it('code that never loads is an EngineError that names the cause and the remedy', async () => {
  const loading = inTime(new Promise(() => undefined));
  const failed = expect(loading).rejects.toThrow(/within 30 s.*top-level await.*update Rollup/);
  await vi.advanceTimersByTimeAsync(30_000);
  await failed;
  await expect(loading).rejects.toBeInstanceOf(EngineError);
});

it('code that loads late, but within the limit, is used', async () => {
  const loading = inTime(new Promise((resolve) => setTimeout(resolve, 29_000, 'late')));
  await vi.advanceTimersByTimeAsync(29_000);
  await expect(loading).resolves.toBe('late');
});
