import type * as tf from '@tensorflow/tfjs-core';
import { Observable, pipe, retry, take, tap } from 'rxjs';
import { frameSource, branch, markDelivered, Ledger, StageError, useEngine, type Arrival, type Source } from 'sluice';
import { inVirtualTime, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, failing, frames } from '../../support/frames.ts';
import { seqs, upTo, camera, byBranch, as } from '../../support/branches.ts';

beforeAll(() => useEngine('wasm'));

describe('the end of branches', () => {
  it('comes when all of them have ended', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const ends: [string, number][] = [];
        const ended = (name: string) => tap({ complete: () => ends.push([name, Math.round(time.now())]) });
        const { completed } = await run(
          camera(0.2).pipe(
            branch(
              { through: pipe(takes(1000), ended('slow')) },
              { through: pipe(take(2), ended('early')) },
              { through: ended('plain') },
            ),
            ended('all'),
          ),
        );
        expect(completed).toBe(true);
        expect(ends.map(([name]) => name)).toEqual(['early', 'plain', 'slow', 'all']);
        expect(ends.map(([, at]) => at)).toEqual([33, 200, 2000, 2000]);
      }),
    );
  });

  it('of one, early, leaves the others alone and nothing behind', async () => {
    await leakFree(async () => {
      const ledger = new Ledger();
      const source = frames(6);
      const { values } = await run(
        source.pipe(branch({ through: pipe(take(2), seqs, as('a')), ledger }, { through: pipe(seqs, as('b')) })),
      );
      expect(byBranch(values)).toEqual({ a: [0, 1], b: upTo(6) });
      expect(closedAccount({ ledger })['produced']).toBeLessThanOrEqual(4);
      expect(closedAccount(source)).toMatchObject({ produced: 6, delivered: 6 });
    });
  });

  it('of all of them ends the source', async () => {
    await leakFree(async () => {
      const source = frames(100);
      const { completed, values } = await run(
        source.pipe(branch({ through: take(2) }, { through: take(3) }), seqs as never),
      );
      expect([completed, values.length]).toEqual([true, 5]);
      await idle();
      expect(closedAccount(source)['produced']).toBeLessThan(10);
    });
  });

  it('by an error of one: all end, nothing is left, whatever waits where', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const source = camera(5);
        const { error, values } = await run(
          source.pipe(branch({ through: pipe(takes(10), failing(20), seqs) }, { through: pipe(takes(400), seqs) })),
        );
        expect(error).toBeInstanceOf(StageError);
        expect(error).toMatchObject({ frame: { source: 'camera', seq: 20 } });
        expect(values).toContain(19);
        expect(closedAccount(source)['produced']).toBeLessThanOrEqual(21);
      }),
    );
  });

  it('an error stays in its frame, and its branch, under skip', async () => {
    await leakFree(async () => {
      const [a, b] = [new Ledger(), new Ledger()];
      const source = frames(6);
      const { completed } = await run(
        source.pipe(
          branch(
            { through: pipe(failing(1, 4), markDelivered()), onError: 'skip', ledger: a },
            { through: markDelivered(), ledger: b },
          ),
        ),
      );
      expect(completed).toBe(true);
      expect(closedAccount({ ledger: a })).toEqual({ produced: 6, delivered: 4, discarded: 0, failed: 2 });
      expect(closedAccount({ ledger: b })).toMatchObject({ delivered: 6 });
      expect(closedAccount(source)).toMatchObject({ delivered: 6, failed: 0 });
    });
  });

  it('a branch may recover by itself', async () => {
    await leakFree(async () => {
      const { values, completed } = await run(
        frames(6).pipe(branch({ through: pipe(failing(2), seqs, retry(), as('a')) }, { through: pipe(seqs, as('b')) })),
      );
      const seen = byBranch(values);
      expect(completed).toBe(true);
      expect(seen['b']).toEqual(upTo(6));
      expect(seen['a']?.slice(0, 2)).toEqual([0, 1]);
      expect(seen['a']).not.toContain(2);
      expect(seen['a']?.at(-1)).toBe(5);
    });
  });

  it('by an error of the source: what the branches have comes out first', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const torn = function* (): Generator<Arrival<tf.Tensor4D>> {
          yield* [arrival(0), arrival(1), arrival(2)];
          throw new Error('torn');
        };
        const source = frameSource(torn(), { source: 'test', maxInFlight: 4 });
        const { values, error } = await run(
          source.pipe(branch({ through: pipe(takes(10), seqs, as('a')) }, { through: pipe(takes(50), seqs, as('b')) })),
        );
        expect(String(error)).toBe('Error: torn');
        expect(byBranch(values)).toEqual({ a: [0, 1, 2], b: [0, 1, 2] });
        expect(closedAccount(source)).toMatchObject({ delivered: 3 });
      }),
    );
  });

  it.each<[string, () => Source<tf.Tensor4D>]>([
    ['a camera', () => camera(10)],
    ['a file', () => frames(500)],
  ])('by unsubscribing from %s, at any moment', async (_, make) => {
    for (const ms of [0, 1, 50, 333, 1700]) {
      await leakFree(() =>
        inVirtualTime(async (time) => {
          const [a, b] = [new Ledger(), new Ledger()];
          const source = make();
          const subscription = source
            .pipe(branch({ through: takes(40), ledger: a }, { through: takes(400), ledger: b }))
            .subscribe();
          await time.run(ms);
          subscription.unsubscribe();
          await time.run(ms + 1000);
          for (const ledger of [a, b, source.ledger]) closedAccount({ ledger });
        }),
      );
    }
  });

  it('by unsubscribing before it began: the source is never opened', async () => {
    let opened = 0;
    const source = frameSource(
      new Observable<Arrival<number>>(() => {
        opened++;
      }),
      { source: 'test' },
    );
    source
      .pipe(branch({ through: seqs }))
      .subscribe()
      .unsubscribe();
    await idle();
    expect(opened).toBe(0);
  });
});
