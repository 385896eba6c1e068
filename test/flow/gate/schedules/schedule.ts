import * as fc from 'fast-check';
import type { FrameSourceChanges, Policy } from 'sluice';

/** What is wrong with a frame's time, or `good`. */
export type Stamp = 'good' | 'NaN' | 'equal' | 'backwards' | 'restart';

/** One frame of a schedule. */
export interface Shot {
  /** Since the frame before (or since it was asked for), ms. */
  readonly gap: number;
  /** How long the stage needs for it, ms. */
  readonly service: number;
  readonly bytes: number;
  readonly stamp: Stamp;
  /** The stage throws on it. */
  readonly fails: boolean;
}

/** Who goes, and when: at a time, within what hears of the n-th event at the gate, or with the n-th result. */
export type Leave = { readonly at: number } | { readonly event: number } | { readonly take: number };

/** Everything that happens around a gate, decided beforehand. */
export interface Schedule {
  readonly source: 'sync' | 'async' | 'sampled';
  readonly shots: readonly Shot[];
  readonly end: { readonly how: 'completes' | 'errors' | 'never'; readonly gap: number };
  readonly downstream: 'in turn' | 'busy' | 'one by one' | 'in order' | 'at once';
  readonly admission: FrameSourceChanges;
  readonly changes: readonly { readonly at: number; readonly change: FrameSourceChanges }[];
  readonly leave: Leave | undefined;
  /** A camera brings its next frame in the middle of the turn of every n-th. */
  readonly nudge: number | undefined;
  readonly again: { readonly how: 'retry' | 'repeat'; readonly count: number } | undefined;
}

const rarely = <T>(value: fc.Arbitrary<T>, usual: T, weight = 12): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: value });

const maybe = <T>(value: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

/** Leaves out what is undefined, as options want it. */
const given = (options: Record<string, unknown>): FrameSourceChanges =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** Regular, jittered, or in bursts. Times are whole, so that many things happen at the same time. */
const rhythms = [fc.constant(5), fc.constant(10), fc.nat(25), rarely(fc.constant(40), 0, 4)];

const shotsOf = (gap: fc.Arbitrary<number>): fc.Arbitrary<Shot[]> =>
  fc.array(
    fc.record({
      gap,
      service: fc.constantFrom(10, 0, 1, 5, 20, 35, 60),
      bytes: fc.integer({ min: 1, max: 100 }),
      stamp: rarely(fc.constantFrom<Stamp[]>('NaN', 'equal', 'backwards', 'restart'), 'good', 20),
      fails: rarely(fc.constant(true), false, 20),
    }),
    { maxLength: 16, size: 'max' },
  );

const lossyPolicies: fc.Arbitrary<Policy> = fc.oneof(
  fc.constantFrom<Policy[]>('latest', 'dropNewest'),
  fc.record({ buffer: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ buffer: fc.record({ bytes: fc.integer({ min: 1, max: 250 }) }) }),
);

const policies = (source: Schedule['source']): fc.Arbitrary<Policy> =>
  source === 'sampled' ? lossyPolicies : fc.oneof(lossyPolicies, fc.constant<Policy>('wait'));

const admissions = (source: Schedule['source']): fc.Arbitrary<FrameSourceChanges> =>
  fc
    .record({
      policy: maybe(policies(source)),
      maxInFlight: maybe(fc.integer({ min: 1, max: 4 })),
      maxAge: maybe(fc.constantFrom(1, 10, 30), 4),
      onError: maybe(fc.constantFrom('stop', 'skip')),
    })
    .map(given);

const wrongChanges = fc.constantFrom<unknown[]>(
  { maxInFlight: 0 },
  { policy: 'newest' },
  { maxAge: -1 },
) as fc.Arbitrary<FrameSourceChanges>;

export const schedules = (source: Schedule['source']): fc.Arbitrary<Schedule> =>
  fc.record({
    source: fc.constant(source),
    shots: fc.oneof(...rhythms.map(shotsOf)),
    end: fc.record({
      how: fc.constantFrom(...(['completes', 'completes', 'errors', 'never'] as const)),
      gap: fc.constantFrom(0, 10),
    }),
    downstream: fc.constantFrom(...(['one by one', 'in turn', 'busy', 'in order', 'at once'] as const)),
    admission: admissions(source),
    changes: maybe(fc.array(fc.record({ at: fc.nat(150), change: changesOf(source) }), { maxLength: 4 }), 2).map(
      (changes) => changes ?? [],
    ),
    leave: maybe(
      fc.oneof(
        fc.record({ at: fc.nat(200) }),
        fc.record({ event: fc.integer({ min: 1, max: 40 }) }),
        fc.record({ take: fc.integer({ min: 1, max: 8 }) }),
      ),
      2,
    ),
    nudge: source === 'sampled' ? maybe(fc.integer({ min: 1, max: 3 }), 4) : fc.constant(undefined),
    again: maybe(fc.record({ how: fc.constantFrom('retry', 'repeat'), count: fc.constantFrom(1, 2) }), 3),
  });

function changesOf(source: Schedule['source']): fc.Arbitrary<FrameSourceChanges> {
  const wrong =
    source === 'sampled' ? fc.oneof(wrongChanges, fc.constant<FrameSourceChanges>({ policy: 'wait' })) : wrongChanges;
  return fc.oneof({ weight: 12, arbitrary: admissions(source) }, { weight: 1, arbitrary: wrong });
}
