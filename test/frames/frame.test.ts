import * as tf from '@tensorflow/tfjs-core';
import { Frame, FrameReleasedError, Lease, StageError, useEngine } from 'sluice';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { leakFree } from '../support/balance.ts';
import type { LeaseOwner } from '../../src/frames/lease.ts';

const label = { source: 'clip.mp4', seq: 12, timestamp: 480_000 };

function owner(verdict: 'stop' | 'skip' = 'skip') {
  return { closed: vi.fn<LeaseOwner['closed']>(), failed: vi.fn<LeaseOwner['failed']>(() => verdict) };
}

beforeAll(() => useEngine('cpu'));

describe('Frame', () => {
  it('carries its data and its label, and frees the data with the one release', () =>
    leakFree(() => {
      const tensor = tf.scalar(1);
      const frame = Frame.of(tensor, label);
      expect(frame.data).toBe(tensor);
      expect(frame.label).toBe(label);
      expect(frame.live).toBe(true);
      frame.release();
      expect(frame.live).toBe(false);
      expect(tensor.isDisposed).toBe(true);
    }));

  it('lives until every retain is matched by a release', () => {
    const data = { dispose: vi.fn() };
    const frame = Frame.of(data, label);
    expect(frame.retain().retain()).toBe(frame);
    frame.release();
    frame.release();
    expect(frame.data).toBe(data);
    expect(data.dispose).not.toHaveBeenCalled();
    frame.release();
    expect(data.dispose).toHaveBeenCalledOnce();
  });

  it('is released by Symbol.dispose', () => {
    const data = { dispose: vi.fn() };
    Frame.of(data, label)[Symbol.dispose]();
    expect(data.dispose).toHaveBeenCalledOnce();
  });

  it('frees what has close() as it frees what has dispose(), and calls it as a method', () => {
    const picture = {
      open: true,
      close() {
        this.open = false;
      },
    };
    Frame.of(picture, label).release();
    expect(picture.open).toBe(false);
  });

  it.each([
    ['a string', 'text'],
    ['a number', 1],
    ['null', null],
    ['undefined', undefined],
    ['a plain object', { dispose: 1, close: 2 }],
  ])('leaves %s to the garbage collector', (_, data) => {
    const frame = Frame.of(data, label);
    expect(() => frame.release()).not.toThrow();
    expect(frame.lease.open).toBe(false);
  });

  const uses: [string, string, (frame: Frame<number>) => unknown][] = [
    ['reading data', 'read', (frame) => frame.data],
    ['retain()', 'retained', (frame) => frame.retain()],
    ['release()', 'released again', (frame) => frame.release()],
    ['derive()', 'derived from', (frame) => frame.derive(2)],
    ['Symbol.dispose', 'released again', (frame) => frame[Symbol.dispose]()],
    ['a new frame on its lease', 'made from its lease', (frame) => Frame.of(2, label, frame.lease)],
  ];
  it.each(uses)('refuses %s after its release, naming the frame and the remedy', (_, what, use) => {
    const frame = Frame.of(1, label);
    frame.release();
    const error = thrownBy(() => use(frame));
    expect(error).toBeInstanceOf(FrameReleasedError);
    expect(error).toMatchObject({ code: 'frame-released', frame: label, name: 'FrameReleasedError' });
    expect((error as Error).message).toMatch(`clip.mp4 #12 at 0.480 s was ${what} after its release`);
    expect((error as Error).message).toContain('frame.retain()');
    expect((error as Error).message).toContain('frame.release()');
  });

  it('can still be named when it is dead', () => {
    const frame = Frame.of(1, label);
    frame.release();
    expect(frame.label).toBe(label);
    expect(frame.timings).toEqual([]);
  });
});

describe('derive', () => {
  it('gives another frame with the same label and lease; each frees its own data', () => {
    const [first, second] = [{ dispose: vi.fn() }, { dispose: vi.fn() }];
    const frame = Frame.of(first, label);
    const derived = frame.derive(second);
    expect([derived.label, derived.lease]).toEqual([label, frame.lease]);
    frame.release();
    expect(first.dispose).toHaveBeenCalledOnce();
    expect(second.dispose).not.toHaveBeenCalled();
    expect(derived.data).toBe(second);
    derived.release();
    expect(second.dispose).toHaveBeenCalledOnce();
  });

  it('keeps the data alive, and frees it once, where it only passes it on', () => {
    const data = { dispose: vi.fn() };
    const frame = Frame.of(data, label);
    const [a, b] = [frame.derive(data), frame.derive(data)];
    a.release();
    frame.release();
    expect(data.dispose).not.toHaveBeenCalled();
    expect(b.data).toBe(data);
    expect(b.lease.open).toBe(true);
    b.release();
    expect(data.dispose).toHaveBeenCalledOnce();
    expect(b.lease.open).toBe(false);
  });
});

describe('Lease', () => {
  it('ends once, with the last frame derived from it, also with one between first and last', () => {
    const gate = owner();
    const first = Frame.of(1, label, new Lease(gate));
    const between = first.derive(2);
    const last = between.derive(3);
    first.release();
    last.release();
    expect(gate.closed).not.toHaveBeenCalled();
    between.release();
    expect(gate.closed).toHaveBeenCalledOnce();
  });

  it('ends once even when released in another order than derived', () => {
    const gate = owner();
    const frame = Frame.of(1, label, new Lease(gate));
    const all = [frame, frame.derive(2), frame.derive(3)];
    for (const one of all.toReversed()) {
      expect(gate.closed).not.toHaveBeenCalled();
      expect(frame.lease.open).toBe(true);
      one.release();
    }
    expect(gate.closed.mock.calls).toEqual([['discarded', expect.any(Lease)]]);
    expect(frame.lease.open).toBe(false);
  });

  it('ends although the data throws when it is freed', () => {
    const gate = owner();
    const stubborn = {
      dispose() {
        throw new Error('no');
      },
    };
    const frame = Frame.of(stubborn, label, new Lease(gate));
    expect(() => frame.release()).toThrow('no');
    expect(gate.closed).toHaveBeenCalledExactlyOnceWith('discarded', expect.any(Lease));
    expect(() => frame.release()).toThrow(FrameReleasedError);
    expect(gate.closed).toHaveBeenCalledOnce();
  });

  const failure = new StageError('conv2d', label, new Error('boom'));
  const outcomes: [string, (lease: Lease) => void, string][] = [
    ['nothing', () => undefined, 'discarded'],
    ['delivery', (lease) => lease.markDelivered(), 'delivered'],
    ['two deliveries', (lease) => (lease.markDelivered(), lease.markDelivered()), 'delivered'],
    ['failure', (lease) => void lease.fail(failure), 'failed'],
    ['delivery, then failure', (lease) => (lease.markDelivered(), void lease.fail(failure)), 'failed'],
    ['failure, then delivery', (lease) => (lease.fail(failure), lease.markDelivered()), 'failed'],
  ];
  it.each(outcomes)('%s makes the frame count as %s', (_, happen, outcome) => {
    const gate = owner();
    const frame = Frame.of(1, label, new Lease(gate));
    happen(frame.lease);
    expect(gate.closed).not.toHaveBeenCalled();
    frame.release();
    expect(gate.closed).toHaveBeenCalledExactlyOnceWith(outcome, expect.any(Lease));
  });

  it.each(['stop', 'skip'] as const)('hands a failure to its owner, whose verdict is %s', (verdict) => {
    const gate = owner(verdict);
    expect(new Lease(gate).fail(failure)).toBe(verdict);
    expect(gate.failed).toHaveBeenCalledExactlyOnceWith(failure);
  });

  it('without an owner stops on a failure: nobody would hear of it otherwise', () => {
    expect(Frame.of(1, label).lease.fail(failure)).toBe('stop');
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return expect.fail('nothing was thrown');
}
