import * as tf from '@tensorflow/tfjs-core';
import { Subject, take } from 'rxjs';
import { frameSource, classify, Frame, StageError, useEngine, type FrameFailure } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run, watch } from '../../support/balance.ts';
import { rows, Device, listen, tenths } from '../../support/slow-readback.ts';

beforeAll(() => useEngine('wasm'));

describe('readbacks that overlap', () => {
  it('come out in the order of the frames, in whatever order they finish', () =>
    leakFree(async () => {
      const device = new Device();
      const source = rows(tenths(4), { maxInFlight: 4 });
      const { seqs, end } = listen(source.pipe(device.stage, classify({ inFlight: 4 })));
      await idle();
      expect(device.started).toEqual([0, 1, 2, 3]);
      await device.finish(2);
      await device.finish(1);
      expect(seqs).toEqual([]);
      await device.finish(0);
      expect(seqs).toEqual([0, 1, 2]);
      expect(end).toEqual({});
      await device.finish(3);
      expect([seqs, end]).toEqual([[0, 1, 2, 3], { completed: true }]);
      expect(closedAccount(source)).toMatchObject({ delivered: 4 });
    }));

  it.each([1, 2, 3])('are never more than %i at once', (inFlight) =>
    leakFree(async () => {
      const device = new Device();
      const { seqs } = listen(rows(tenths(6), { maxInFlight: 6 }).pipe(device.stage, classify({ inFlight })));
      for (let k = 0; k < 6; k++) {
        await idle();
        expect(device.started.length).toBe(Math.min(6, k + inFlight));
        await device.finish(k);
      }
      expect(seqs).toEqual([0, 1, 2, 3, 4, 5]);
    }),
  );

  it('a slow one does not keep the next from being asked for', () =>
    leakFree(async () => {
      const device = new Device();
      const { seqs } = listen(rows(tenths(4), { maxInFlight: 4 }).pipe(device.stage, classify({ inFlight: 2 })));
      await idle();
      await device.finish(1);
      expect(device.started).toEqual([0, 1, 2]);
      await device.finish(2, 3);
      expect(seqs).toEqual([]);
      await device.finish(0);
      expect(seqs).toEqual([0, 1, 2, 3]);
    }));

  it('hold the gate: a lease is open until its result is out', () =>
    leakFree(async () => {
      const device = new Device();
      const source = rows(tenths(4), { maxInFlight: 2 });
      const seen = watch(source);
      listen(source.pipe(device.stage, classify()));
      await idle();
      await device.finish(1);
      expect(source.ledger.counts).toMatchObject({ produced: 2, delivered: 0, inFlight: 2 });
      await device.finish(0);
      expect(source.ledger.counts).toMatchObject({ produced: 4, delivered: 2, inFlight: 2 });
      await device.finish(2, 3);
      expect(seen.leases()).toBe(2);
    }));

  it('are dropped when the subscriber leaves: frames released, results that come late ignored', () =>
    leakFree(async () => {
      const device = new Device();
      const source = rows(tenths(4), { maxInFlight: 3 });
      const { seqs, subscription } = listen(source.pipe(device.stage, classify({ inFlight: 3 })));
      await idle();
      await device.finish(0);
      subscription.unsubscribe();
      const account = { produced: 4, delivered: 1, discarded: 3, failed: 0 };
      expect(closedAccount(source)).toEqual(account);
      await device.finish(1, 2);
      await device.fail(3, new Error('lost'));
      expect(seqs).toEqual([0]);
      expect(closedAccount(source)).toEqual(account);
    }));

  it('are dropped when the subscriber leaves in the middle of several results', () =>
    leakFree(async () => {
      const device = new Device();
      const source = rows(tenths(3), { maxInFlight: 3 });
      const { seqs } = listen(source.pipe(device.stage, classify({ inFlight: 3 }), take(2)));
      await idle();
      await device.finish(2, 1, 0);
      expect(seqs).toEqual([0, 1]);
      expect(closedAccount(source)).toEqual({ produced: 3, delivered: 2, discarded: 1, failed: 0 });
    }));
});

describe('the end of the source', () => {
  it.each([
    ['completion', undefined, { completed: true }],
    ['an error', new Error('cut'), { error: new Error('cut') }],
  ])('%s comes after what is pending', (_, failure, expected) =>
    leakFree(async () => {
      const device = new Device();
      const source = frameSource(
        (function* () {
          for (let k = 0; k < 2; k++) yield { data: tf.tensor2d([[k, 1]]), timestamp: k };
          if (failure) throw failure;
        })(),
        { source: 'test', maxInFlight: 3 },
      );
      const { seqs, end } = listen(source.pipe(device.stage, classify()));
      await idle();
      expect(end).toEqual({});
      await device.finish(1);
      expect([seqs, end]).toEqual([[], {}]);
      await device.finish(0);
      expect([seqs, end]).toEqual([[0, 1], expected]);
      expect(closedAccount(source)).toMatchObject({ delivered: 2 });
    }),
  );

  it('of an empty one is the end', async () => {
    expect(await run(rows([]).pipe(classify()))).toEqual({ values: [], completed: true });
  });

  it('in the very result that releases the last frame', () =>
    leakFree(async () => {
      const subject = new Subject<Frame<tf.Tensor>>();
      const seen: number[] = [];
      let completed = 0;
      subject.pipe(classify()).subscribe({
        next: ({ seq }) => (seen.push(seq), subject.complete()),
        complete: () => completed++,
      });
      const frame = Frame.of(tf.tensor2d([[1, 2]]), { source: 'x', seq: 0, timestamp: 0 });
      subject.next(frame);
      frame.release();
      await idle();
      expect([seen, completed]).toEqual([[0], 1]);
    }));
});

describe('a frame that fails', () => {
  const rejected = { code: 'stage-failed', stage: 'classify', frame: { source: 'rows', seq: 1 } };

  it('by a readback that is refused, stop: those before it come first, those after it do not', () =>
    leakFree(async () => {
      const device = new Device();
      const source = rows(tenths(5), { maxInFlight: 3 });
      const { seqs, end } = listen(source.pipe(device.stage, classify({ inFlight: 3 })));
      await idle();
      await device.finish(2);
      await device.fail(1, new Error('context lost'));
      expect([seqs, end]).toEqual([[], {}]);
      await device.finish(0);
      expect(seqs).toEqual([0]);
      expect(end.error).toBeInstanceOf(StageError);
      expect(end.error).toMatchObject({ ...rejected, cause: new Error('context lost') });
      const account = closedAccount(source);
      expect(account).toMatchObject({ delivered: 1, failed: 1 });
      expect(account['produced']).toBeLessThanOrEqual(4);
    }));

  it('by a readback that is refused, skip: the others go on', () =>
    leakFree(async () => {
      const device = new Device();
      const source = rows(tenths(3), { maxInFlight: 3, onError: 'skip' });
      const failures: FrameFailure[] = [];
      source.failures.subscribe((failure) => failures.push(failure));
      const { seqs, end } = listen(source.pipe(device.stage, classify({ inFlight: 3 })));
      await idle();
      await device.fail(1, new Error('context lost'));
      await device.finish(0, 2);
      expect([seqs, end]).toEqual([[0, 2], { completed: true }]);
      expect(failures).toMatchObject([{ label: { seq: 1 }, error: rejected }]);
      expect(closedAccount(source)).toEqual({ produced: 3, delivered: 2, discarded: 0, failed: 1 });
    }));

  it.each(['stop', 'skip'] as const)('by a score that is not a number, %s', (onError) =>
    leakFree(async () => {
      const source = rows(
        [
          [0, 1],
          [NaN, 1],
          [0, 1],
        ],
        { onError },
      );
      const { values, error } = await run(source.pipe(classify()));
      expect(values.map(({ seq }) => seq)).toEqual(onError === 'stop' ? [0] : [0, 2]);
      if (onError === 'stop') {
        expect(error).toMatchObject({
          ...rejected,
          message: expect.stringContaining('the score of class 0 is not a number'),
        });
      } else expect(error).toBeUndefined();
      expect(closedAccount(source)).toMatchObject({ failed: 1 });
    }),
  );

  it('of which the last is skipped still completes', async () => {
    const source = rows(
      [
        [0, 1],
        [NaN, 1],
      ],
      { onError: 'skip' },
    );
    expect((await run(source.pipe(classify()))).completed).toBe(true);
  });
});
