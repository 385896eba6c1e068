import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stopAfter, tracksStopped } from '../../../src/sources/browser/stopping-tracks.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const track = () => {
  const stop = vi.fn();
  return { stop, track: { stop } as unknown as MediaStreamTrack };
};

it('a track stops when its last frame was read, and what waits for that goes on', async () => {
  const { stop, track: own } = track();
  let read: () => void = () => undefined;
  stopAfter(new Promise<void>((resolve) => (read = resolve)), own);
  const stopped = vi.fn();
  void tracksStopped()?.then(stopped);
  await vi.advanceTimersByTimeAsync(199);
  expect([stop.mock.calls.length, stopped.mock.calls.length]).toEqual([0, 0]);
  read();
  await vi.advanceTimersByTimeAsync(0);
  expect([stop.mock.calls.length, stopped.mock.calls.length]).toEqual([1, 1]);
  expect(tracksStopped()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1000);
  expect(stop).toHaveBeenCalledTimes(1);
});

it('a track of a camera that gives no frame stops all the same', async () => {
  const [first, second] = [track(), track()];
  stopAfter(new Promise(() => undefined), first.track);
  stopAfter(Promise.resolve(), second.track);
  await vi.advanceTimersByTimeAsync(0);
  expect([first.stop.mock.calls.length, second.stop.mock.calls.length]).toEqual([0, 1]);
  expect(tracksStopped()).toBeDefined();
  await vi.advanceTimersByTimeAsync(200);
  expect(first.stop).toHaveBeenCalledTimes(1);
  expect(tracksStopped()).toBeUndefined();
});
